// A request on its way to a provider of this dialect. From a client of the same dialect: the client's own bytes, see
// passthrough.ts. From another one: built from the neutral view, with a warning for each thing that has no place here.

import type {
  ContentPart,
  ConversationRequest,
  Message,
  ToolDefinition,
} from '../../conversation/request.ts';
import { messagesOf, textOf } from '../../conversation/request.ts';
import type { JsonObject } from '../../util/json.ts';
import type { EncodedRequest, EncodeTarget } from '../dialect.ts';
import { passRequest } from './passthrough.ts';

const PATH = '/chat/completions';

export function encodeRequest(request: ConversationRequest, target: EncodeTarget): EncodedRequest {
  if (request.dialect === 'openai-chat')
    return { path: PATH, body: passRequest(request, target), warnings: [] };
  const warnings = new Set<string>();
  const body = buildBody(request, target, warnings);
  return { path: PATH, body: Buffer.from(JSON.stringify(body)), warnings: [...warnings] };
}

function buildBody(request: ConversationRequest, target: EncodeTarget, warnings: Set<string>): JsonObject {
  const { maxOutputTokens, choiceCount } = request;
  const tools = request.tools().flatMap((tool) => encodeTool(tool, warnings));
  const asksForUsage = request.stream && target.usageInStream !== 'always';
  const responseFormat = encodeResponseFormat(request);
  return {
    model: target.upstreamModel,
    messages: messagesOf(request).flatMap((message) => encodeMessage(message, warnings)),
    ...(tools.length === 0 ? {} : { tools }),
    // Not `max_completion_tokens`: most providers of this dialect know only the older name.
    ...(maxOutputTokens === undefined
      ? {}
      : { max_tokens: Math.min(maxOutputTokens, target.maxOutputTokens) }),
    ...(choiceCount === 1 ? {} : { n: choiceCount }),
    ...(responseFormat === undefined ? {} : { response_format: responseFormat }),
    stream: request.stream,
    ...(asksForUsage ? { stream_options: { include_usage: true } } : {}),
  };
}

/** One message can become several: results of tools are messages of their own here. */
function encodeMessage(message: Message, warnings: Set<string>): JsonObject[] {
  const results = message.content.filter((part) => part.type === 'tool-result');
  const others = message.content.filter((part) => part.type !== 'tool-result');
  const encoded = results.map((part) => encodeToolResult(part, warnings));
  // Pictures cannot stand in a tool message; they follow in the user's name, where the model sees them.
  const pictures = results.flatMap((part) => part.content.filter((inner) => inner.type === 'image'));
  if (message.role === 'assistant') encoded.push(encodeAssistant(message, others, warnings));
  else if (others.length > 0 || pictures.length > 0 || results.length === 0) {
    const role = message.role === 'tool' ? 'user' : message.role;
    const content = encodeContent([...pictures, ...others], warnings);
    encoded.push({ role, content, ...(message.name === undefined ? {} : { name: message.name }) });
  }
  return encoded;
}

function encodeToolResult(
  part: Extract<ContentPart, { type: 'tool-result' }>,
  warnings: Set<string>,
): JsonObject {
  if (part.isError === true)
    warnings.add('the mark of a failed tool result has no place in a chat completion');
  const text: string[] = [];
  for (const inner of part.content) {
    if (inner.type === 'text') text.push(inner.text);
    else if (inner.type !== 'image') warnings.add(dropped(inner));
  }
  return { role: 'tool', tool_call_id: part.callId, content: text.join('\n') };
}

function encodeAssistant(message: Message, parts: readonly ContentPart[], warnings: Set<string>): JsonObject {
  const calls = parts.filter((part) => part.type === 'tool-call');
  const content = encodeContent(
    parts.filter((part) => part.type !== 'tool-call'),
    warnings,
  );
  return {
    role: 'assistant',
    content: content === '' && calls.length > 0 ? null : content,
    ...(message.name === undefined ? {} : { name: message.name }),
    ...(calls.length === 0
      ? {}
      : {
          tool_calls: calls.map(({ callId, name, input }) => ({
            id: callId,
            type: 'function',
            function: { name, arguments: input },
          })),
        }),
  };
}

/** Plain text as a string, which every provider takes; an array of parts only where something else is in it. */
function encodeContent(parts: readonly ContentPart[], warnings: Set<string>): string | JsonObject[] {
  const encoded = parts.flatMap((part) => encodePart(part, warnings));
  return encoded.every((part) => part['type'] === 'text') ? textOf(parts) : encoded;
}

function encodePart(part: ContentPart, warnings: Set<string>): JsonObject[] {
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: part.text }];
    case 'refusal':
      return [{ type: 'refusal', refusal: part.text }];
    case 'image': {
      const { source, detail } = part;
      const url = source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`;
      return [{ type: 'image_url', image_url: { url, ...(detail === undefined ? {} : { detail }) } }];
    }
    default:
      warnings.add(dropped(part));
      return [];
  }
}

function dropped(part: ContentPart): string {
  const what = part.type === 'other' ? part.wireType : part.type;
  return `content of type ${what} has no place in a chat completion and was left out`;
}

function encodeTool(tool: ToolDefinition, warnings: Set<string>): JsonObject[] {
  const { name, description, parameters } = tool;
  if (parameters === undefined && description === undefined) {
    warnings.add(`the tool ${name} is run by its provider and was left out`);
    return [];
  }
  const definition = {
    name,
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
  };
  return [{ type: 'function', function: definition }];
}

function encodeResponseFormat({ responseFormat }: ConversationRequest): JsonObject | undefined {
  switch (responseFormat.kind) {
    case 'json-object':
      return { type: 'json_object' };
    case 'json-schema': {
      const { schema, name = 'answer', strict } = responseFormat;
      return {
        type: 'json_schema',
        json_schema: { name, schema, ...(strict === undefined ? {} : { strict }) },
      };
    }
    default:
      return undefined;
  }
}
