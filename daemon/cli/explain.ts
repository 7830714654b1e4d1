// `pointsman explain FILE`: which model a request would go to and why, without calling anyone.

import { likelyDialectOf } from '../dialects/registry.ts';
import { readFileSync } from 'node:fs';
import type { Decision } from '../protocol/exchange-record.ts';
import { isJsonObject, parseJsonObject, type JsonObject } from '../util/json.ts';
import { CliError, textOption, type Command } from './command.ts';
import { connectToDaemon } from './daemon-client.ts';
import { homeOf } from './home-of.ts';
import { alignRows } from './table.ts';

export const explainCommand: Command = {
  name: 'explain',
  synopsis: 'FILE [--dialect openai-chat] [--json]',
  summary:
    'Explain where the request in FILE (a JSON body, "-" for standard input) would be routed; calls no model.',
  options: { json: { type: 'boolean' }, dialect: { type: 'string' } },
  maxPositionals: 1,
  optionHelp: {
    json: 'print the decision as JSON',
    dialect: 'wire format of the body (default: "dialect" in FILE, else what the body looks like)',
  },
  async run(context, values, positionals) {
    const [file] = positionals;
    if (file === undefined) {
      throw new CliError('explain needs a FILE with a request body, or "-" for standard input', 2);
    }
    const input = readInput(file, textOption(values, 'dialect'));
    const daemon = await connectToDaemon(homeOf(context, values));
    const decision = (await daemon.call('POST', 'explain', input)) as Decision;
    if (values['json'] === true) context.print(JSON.stringify(decision, null, 2));
    else for (const line of decisionLines(decision)) context.print(line);
    return 0;
  },
};

/** FILE holds a bare request body, or `{dialect, request, headers?}` as the control API takes it. */
function readInput(file: string, dialect: string | undefined): JsonObject {
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

export function decisionLines(decision: Decision): readonly string[] {
  const { classification, ask } = decision;
  return [
    `${decision.chosen === '' ? 'no model' : decision.chosen} (${decision.reason}), baseline ${decision.baseline ?? 'none'}`,
    `${classification.taskType}, ${classification.complexity} (confidence ${classification.confidence.toFixed(2)}, by ${classification.classifierName}); ${decision.decisionPoint}`,
    `ask of ${ask.chars} characters, ${ask.earlierUserTurns} earlier user turns, client ${decision.client}`,
    ...classification.signals.map((signal) => `  because ${signal}`),
    '',
    ...alignRows([
      ['candidate', 'expected $', 'verdict'],
      ...decision.candidates.map(({ model, expectedCostUsd, rejected }) => [
        model,
        expectedCostUsd === null ? 'unknown' : expectedCostUsd.toFixed(6),
        rejected ?? (model === decision.chosen ? 'chosen' : 'fallback'),
      ]),
    ]),
    ...decision.notes.map((note) => `note: ${note}`),
    ...(decision.wouldFlip.length === 0 ? [] : ['', 'It would change with:']),
    ...decision.wouldFlip.map(({ change, to }) => `  ${change} -> ${to}`),
  ];
}
