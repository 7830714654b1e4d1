// A request of the editor (messages, tools, options) -> the body of `POST /v1/messages` of our own daemon. Nothing here
// throws but for a request without a word in it. Pure.

import { blocksOf, type TextBlock } from './content-blocks.ts';
import { type EditorMessage, isRecord, partsOf, ROLE } from './message-parts.ts';
import { settingsOf } from './model-options.ts';
import { asText, repairHistory, type WireMessage, type WireRole } from './repair-history.ts';

export interface EditorTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema?: object | undefined;
}

export interface EditorRequest {
  /** As the daemon knows it: `auto`, `auto:budget`, `exact/…`. */
  readonly model: string;
  readonly messages: readonly EditorMessage[];
  readonly tools?: readonly EditorTool[] | undefined;
  /** `vscode.LanguageModelChatToolMode.Required`. */
  readonly isToolRequired?: boolean;
  readonly modelOptions?: Readonly<Record<string, unknown>> | undefined;
  /** Used where the options name none. */
  readonly maxOutputTokens: number;
}

export interface MessagesBody {
  readonly model: string;
  readonly stream: true;
  readonly max_tokens: number;
  readonly system?: readonly TextBlock[];
  readonly messages: readonly WireMessage[];
  readonly tools?: readonly object[];
  readonly tool_choice?: object;
  readonly [setting: string]: unknown;
}

/** Throws a sentence for people when the request says nothing at all. */
export function toMessagesBody(request: EditorRequest): MessagesBody {
  const messages = request.messages.map(({ role, content }): WireMessage => ({
    role: roleOf(role),
    content: blocksOf(partsOf(content)),
  }));
  const end = messages.findIndex(({ role, content }) => role !== 'system' && content.length > 0);
  const opening = end === -1 ? messages : messages.slice(0, end);
  const system = opening.flatMap(({ content }) => content.flatMap(asText));
  const history = repairHistory(end === -1 ? [] : messages.slice(end));
  if (history.length === 0) {
    // Instructions alone: said by the user, since a request needs something to answer.
    if (system.length === 0)
      throw new Error('The request holds no text and no picture, so there is nothing to answer.');
    history.push({ role: 'user', content: system.splice(0) });
  }
  const tools = (request.tools ?? []).map(toolOf);
  return {
    model: request.model,
    stream: true,
    ...settingsOf(request.modelOptions ?? {}, request.maxOutputTokens),
    ...(system.length === 0 ? {} : { system }),
    messages: history,
    ...(tools.length === 0 ? {} : { tools }),
    ...(tools.length > 0 && request.isToolRequired === true ? { tool_choice: { type: 'any' } } : {}),
  };
}

function roleOf(role: number): WireRole {
  if (role === ROLE.assistant) return 'assistant';
  return role === ROLE.system ? 'system' : 'user';
}

/** The dialect wants a schema of an object from every tool, also from one without input. */
function toolOf({ name, description, inputSchema }: EditorTool): object {
  const schema = isRecord(inputSchema) ? inputSchema : {};
  return { name, description, input_schema: { type: 'object', properties: {}, ...schema } };
}
