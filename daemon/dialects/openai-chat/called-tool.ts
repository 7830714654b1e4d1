// A tool call on its way to a client of this dialect: under the name and in the form in which the client declared the tool.
// Free text that had to travel as an argument becomes free text again, and the other way round.

import type { ConversationRequest } from '../../conversation/request.ts';
import type { JsonObject } from '../../util/json.ts';
import { unwrapTextInput, wrapTextInput } from '../custom-tools.ts';

export interface CalledTool {
  readonly name: string;
  /** The client gets it as a call of type `custom`. */
  readonly isCustom: boolean;
  /** The input can only be written when it is whole. */
  readonly isConverted: boolean;
}

export function calledTool(
  call: { readonly name: string; readonly isText?: boolean },
  request: ConversationRequest | undefined,
): CalledTool {
  const { name, isText = false } = call;
  const kind = request?.tools().find((tool) => tool.name === name)?.kind;
  const isCustom = kind === undefined ? isText : kind === 'custom';
  return { name, isCustom, isConverted: isCustom !== isText };
}

/** The whole input as the client expects it. */
export function calledInput(tool: CalledTool, input: string): string {
  if (!tool.isConverted) return input;
  return tool.isCustom ? unwrapTextInput(input) : wrapTextInput(input);
}

/** The member of a tool call that names the tool and holds (a piece of) its input. */
export function calledFields(tool: CalledTool, input: string, name?: string): JsonObject {
  const named = name === undefined ? {} : { name };
  return tool.isCustom ? { custom: { ...named, input } } : { function: { ...named, arguments: input } };
}
