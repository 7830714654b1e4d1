// Tools of a Responses request -> neutral definitions. They come from `tools`, from `additional_tools` items and from
// the results of tool searches; those of a namespace are flattened to `<namespace>__<name>`. `defer_loading` only says
// when OpenAI shows a tool to its model: elsewhere it is a tool like any other.

import { createHash } from 'node:crypto';

import type { ToolDefinition } from '../../conversation/request.ts';
import { arrayOf, objectOf, stringOf, type JsonObject, type JsonValue } from '../../util/json.ts';

/** What every vendor takes as the name of a function: OpenAI's bound, the tightest of them. */
const MAX_NAME_CHARS = 64;
const UNFIT_CHARS = /[^A-Za-z0-9_-]/g;

/** `lists`: values of `tools` members. Of a tool that is declared twice the first one counts. */
export function decodeTools(lists: readonly (JsonValue | undefined)[]): readonly ToolDefinition[] {
  const tools = new ToolList();
  for (const raw of lists.flatMap(arrayOf)) {
    const tool = objectOf(raw) ?? {};
    if (tool['type'] !== 'namespace') tools.add(tool, raw, undefined);
    else {
      const namespace = stringOf(tool['name']) ?? '';
      // What is said of the group is said once, with the first of its tools.
      let about = stringOf(tool['description']);
      for (const inner of arrayOf(tool['tools'])) {
        tools.add(objectOf(inner) ?? {}, inner, namespace, about);
        about = undefined;
      }
    }
  }
  return tools.definitions;
}

/** The name that a tool of these definitions has in the neutral model. */
export function neutralToolName(
  tools: readonly ToolDefinition[],
  namespace: string | undefined,
  name: string,
): string {
  if (namespace === undefined || namespace === '') return name;
  const known = tools.find((tool) => tool.namespace === namespace && wireNameOf(tool) === name);
  if (known !== undefined) return known.name;
  // A deferred tool outside of any namespace is called as if it were alone in one of its own name.
  return namespace === name ? name : flatName(namespace, name);
}

/** For a tool that is named without its namespace (tool_choice). */
export function toolNamed(tools: readonly ToolDefinition[], name: string): string {
  const top = tools.find((tool) => tool.namespace === undefined && tool.name === name);
  return (top ?? tools.find((tool) => wireNameOf(tool) === name))?.name ?? name;
}

function wireNameOf(tool: ToolDefinition): string | undefined {
  return stringOf(objectOf(tool.raw)?.['name']);
}

class ToolList {
  readonly definitions: ToolDefinition[] = [];
  private readonly declared = new Set<string>();
  private readonly names = new Set<string>();

  add(tool: JsonObject, raw: JsonValue, namespace: string | undefined, about?: string): void {
    const wireName = stringOf(tool['name']) ?? serverToolName(tool);
    const declaration = JSON.stringify([namespace, wireName]);
    if (this.declared.has(declaration)) return;
    this.declared.add(declaration);
    const flat = namespace === undefined ? wireName : flatName(namespace, wireName);
    const name = this.names.has(flat) ? withDigest(flat, declaration) : flat;
    this.names.add(name);
    const own = stringOf(tool['description']);
    const description = about === undefined || own === undefined ? (own ?? about) : `${about}\n\n${own}`;
    const parameters = objectOf(tool['parameters']);
    const { strict } = tool;
    this.definitions.push({
      kind: kindOfTool(tool),
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(description === undefined ? {} : { description }),
      ...(parameters === undefined ? {} : { parameters }),
      ...(typeof strict === 'boolean' ? { strict } : {}),
      raw,
    });
  }
}

function kindOfTool(tool: JsonObject): ToolDefinition['kind'] {
  const { type } = tool;
  return type === 'function' || type === 'custom' ? type : 'server';
}

/** Server tools have no name but their type; several servers of MCP may be declared. */
function serverToolName(tool: JsonObject): string {
  const type = stringOf(tool['type']) ?? 'unknown';
  const label = stringOf(tool['server_label']);
  return label === undefined ? type : `${type}__${label}`;
}

function flatName(namespace: string, name: string): string {
  const flat = `${namespace}__${name}`;
  const isFit = flat.length <= MAX_NAME_CHARS && flat.search(UNFIT_CHARS) === -1;
  return isFit ? flat : withDigest(flat.replace(UNFIT_CHARS, '_'), JSON.stringify([namespace, name]));
}

/** Tells names apart that would be the same once they are cut or cleaned. */
function withDigest(name: string, source: string): string {
  const digest = createHash('sha256').update(source).digest('hex').slice(0, 8);
  return `${name.slice(0, MAX_NAME_CHARS - digest.length - 1)}_${digest}`;
}
