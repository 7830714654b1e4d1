// Tools of a namespace have one flat name elsewhere, `<namespace>__<name>`, and get their two names back here. And
// which tools of a request take free text, and how long names may be.

import type { ConversationRequest, ToolDefinition } from '../../conversation/request.ts';
import { objectOf, stringOf } from '../../util/json.ts';
import { ToolNames } from '../tool-names.ts';

/** https://platform.openai.com/docs/api-reference/responses/create (tools.name), checked 2026-11-21. */
export const TOOL_NAMES = new ToolNames(64);

const SEPARATOR = '__';

export interface CalledTool {
  readonly name: string;
  readonly namespace?: string;
  /** Undefined for a tool that the request does not declare. */
  readonly kind?: ToolDefinition['kind'];
}

export function namespacedName(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : namespace + SEPARATOR + name;
}

/** The tool that a neutral name stands for, as this dialect names it. */
export function calledTool(name: string, request: ConversationRequest | undefined): CalledTool {
  const tools = request?.tools() ?? [];
  // A provider of this dialect knows the two names; elsewhere the flat one may have been cut to a length.
  const tool =
    tools.find((candidate) => candidate.name === name) ??
    tools.find((candidate) => namespacedName(candidate.namespace, ownName(candidate)) === name);
  if (tool === undefined) return foundTool(name);
  const { namespace, kind } = tool;
  return { name: ownName(tool), kind, ...(namespace === undefined ? {} : { namespace }) };
}

/** As the client declared it. */
function ownName({ raw, name, namespace }: ToolDefinition): string {
  const flatStart = namespace === undefined ? 0 : namespace.length + SEPARATOR.length;
  return stringOf(objectOf(raw)?.['name']) ?? name.slice(flatStart);
}

/** A function that the provider's tool search found is in a namespace of its own name, without being declared so. */
function foundTool(name: string): CalledTool {
  const half = (name.length - SEPARATOR.length) / 2;
  const namespace = name.slice(0, half);
  const isDoubled = half >= 1 && name === namespacedName(namespace, namespace);
  return isDoubled ? { name: namespace, namespace } : { name };
}
