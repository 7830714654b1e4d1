// What providers refuse beside bad signatures: members they do not know, results without a call, calls without a result.
// Lists of members: the vendors' request pages (checked 2026-11-21), and what their own assistants send.

import type { UpstreamDialectId } from '../../daemon/protocol/vocabulary.ts';
import {
  arrayOf,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectOf,
  stringOf,
} from '../../daemon/util/json.ts';

/** Why this vendor would refuse the request; undefined = it would not. */
export function brokenRule(dialect: UpstreamDialectId, body: JsonObject): string | undefined {
  const known = MEMBERS[dialect].split(' ');
  const unknown = Object.keys(body).find((name) => !known.includes(name));
  if (unknown !== undefined) return `unknown member: ${unknown}`;
  return RULES[dialect](body);
}

const MEMBERS: Readonly<Record<UpstreamDialectId, string>> = {
  'anthropic-messages':
    'model messages system max_tokens stop_sequences stream temperature top_p top_k tools tool_choice thinking metadata service_tier container mcp_servers context_management output_config output_format cache_control inference_geo speed safeguards diagnostics',
  'openai-responses':
    'model input instructions tools tool_choice parallel_tool_calls reasoning text store include stream stream_options max_output_tokens max_tool_calls temperature top_p top_logprobs truncation metadata user safety_identifier prompt_cache_key prompt_cache_retention service_tier previous_response_id conversation prompt background client_metadata context_management',
  'openai-chat':
    'model messages tools tool_choice parallel_tool_calls reasoning_effort verbosity response_format store stream stream_options max_tokens max_completion_tokens n temperature top_p logprobs top_logprobs logit_bias frequency_penalty presence_penalty stop seed metadata user safety_identifier prompt_cache_key prompt_cache_retention service_tier modalities audio prediction web_search_options functions function_call',
  'google-generate':
    'contents systemInstruction tools toolConfig generationConfig safetySettings cachedContent labels',
};

const RULES: Readonly<Record<UpstreamDialectId, (body: JsonObject) => string | undefined>> = {
  'anthropic-messages': (body) => {
    if (typeof body['max_tokens'] !== 'number') return 'max_tokens: Field required';
    const messages = objects(body['messages']);
    for (const [index, message] of messages.entries()) {
      const results = objects(message['content']).flatMap((block) => block['tool_use_id'] ?? []);
      const calls = objects(messages[index - 1]?.['content']).map((block) => block['id']);
      if (results.some((id) => !calls.includes(id))) return `messages.${index}: a result of no call`;
      const names = objects(message['content']).flatMap((block) => block['id'] ?? []);
      if (names.some((id) => !/^[\w-]+$/.test(stringOf(id) ?? ''))) return `messages.${index}: id of a call`;
    }
    return objects(body['tools'])
      .map((tool) => {
        const schema = objectOf(tool['input_schema']);
        return schema !== undefined && schema['type'] !== 'object' ? 'input_schema.type: object' : undefined;
      })
      .find((fault) => fault !== undefined);
  },
  'openai-responses': (body) => {
    const called = new Set<JsonValue | undefined>();
    for (const [index, item] of objects(body['input']).entries()) {
      const type = stringOf(item['type']) ?? '';
      if (type.endsWith('_call')) called.add(item['call_id']);
      if (type.endsWith('_call_output') && !called.has(item['call_id'])) {
        return `input.${index}: No tool call found for function call output`;
      }
    }
    return undefined;
  },
  'openai-chat': (body) => {
    let open: readonly (JsonValue | undefined)[] = [];
    for (const [index, message] of objects(body['messages']).entries()) {
      if (message['role'] === 'tool') {
        if (!open.includes(message['tool_call_id'])) return `messages.${index}: a result of no call`;
        open = open.filter((id) => id !== message['tool_call_id']);
        continue;
      }
      if (open.length > 0) return `messages.${index}: tool_calls must be followed by tool messages`;
      open = objects(message['tool_calls']).map((call) => call['id']);
      const isSilent = (message['content'] ?? '') === '' && open.length === 0;
      if (message['role'] === 'assistant' && isSilent) return `messages.${index}: empty`;
    }
    return open.length > 0 ? 'a call without a result' : undefined;
  },
  'google-generate': (body) => {
    const contents = objects(body['contents']);
    for (const [index, content] of contents.entries()) {
      const count = (of: JsonObject | undefined, member: string): number =>
        objects(of?.['parts']).filter((part) => part[member] !== undefined).length;
      const results = count(content, 'functionResponse');
      if (results > 0 && results !== count(contents[index - 1], 'functionCall')) {
        return `contents.${index}: number of function response parts is not that of function call parts`;
      }
    }
    return undefined;
  },
};

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return arrayOf(value).filter(isJsonObject);
}
