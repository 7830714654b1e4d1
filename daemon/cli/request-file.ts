// A request in a file, for commands that ask the daemon about it: what `explain` and `cache explain` take.

import { readFileSync } from 'node:fs';
import { likelyDialectOf } from '../dialects/registry.ts';
import { isJsonObject, parseJsonObject, type JsonObject } from '../util/json.ts';
import { CliError } from './command.ts';

/** FILE holds a bare request body, or `{dialect, request, headers?}` as the control API takes it; "-" is standard input. */
export function readRequestFile(file: string, dialect: string | undefined): JsonObject {
  const body = parseJsonObject(readText(file));
  if (body === undefined) throw new CliError(`${file} is not a JSON object; give it the body of one request`);
  if (isJsonObject(body['request'])) return dialect === undefined ? body : { ...body, dialect };
  return { dialect: dialect ?? likelyDialectOf(body), request: body };
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch {
    throw new CliError(`cannot read ${file}; check the path`);
  }
}
