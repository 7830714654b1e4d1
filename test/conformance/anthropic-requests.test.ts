// Requests to and from Anthropic's dialect against recorded traffic: what assistants really send, and what becomes of it.

import assert from 'node:assert/strict';

import { type ConversationRequest, messagesOf } from '../../daemon/conversation/request.ts';
import { decodeRequest } from '../../daemon/dialects/anthropic-messages/decode-request.ts';
import { encodeRequest } from '../../daemon/dialects/anthropic-messages/encode-request.ts';
import { passRequest } from '../../daemon/dialects/anthropic-messages/passthrough.ts';
import type { EncodeTarget } from '../../daemon/dialects/dialect.ts';
import { decodeRequest as decodeChat } from '../../daemon/dialects/openai-chat/decode-request.ts';
import { decodeRequest as decodeResponses } from '../../daemon/dialects/openai-responses/decode-request.ts';
import { parseRequestBody } from '../../daemon/util/json-scan.ts';
import { type Json, loadClientTraffic, loadExchanges } from './wire-fixtures.ts';

interface Recorded {
  readonly name: string;
  readonly path: string;
  readonly body: Json;
}

const traffic = loadClientTraffic();

const clientRequests: readonly Recorded[] = (traffic ?? []).flatMap(({ name, file }) => {
  const { path, body } = file as { path: string; body?: Json };
  return body === undefined ? [] : [{ name, path, body }];
});

const anthropicRequests: readonly Recorded[] = [
  ...['anthropic-messages', 'anthropic-count-tokens'].flatMap((dialect) =>
    (loadExchanges(dialect) ?? []).flatMap(({ id, requestBody }) =>
      requestBody === undefined ? [] : [{ name: id, path: dialect, body: requestBody }],
    ),
  ),
  ...clientRequests.filter(({ path }) => path.includes('/messages')),
];

/** Requests of other dialects, as their own codecs read them. */
const foreignRequests: readonly (Recorded & { readonly request: ConversationRequest })[] =
  clientRequests.flatMap((recorded) => {
    const decode = recorded.path.includes('/chat/completions')
      ? decodeChat
      : recorded.path.includes('/responses')
        ? decodeResponses
        : undefined;
    // What goes on from an earlier answer is whole only in the daemon; see request-types.test.ts.
    const isWhole = recorded.body['previous_response_id'] === undefined;
    return decode === undefined || !isWhole ? [] : [{ ...recorded, request: decode(bodyOf(recorded.body)) }];
  });

const TARGETS: readonly EncodeTarget[] = [
  { dialect: 'anthropic-messages', upstreamModel: 'claude-x', maxOutputTokens: 64_000 },
  {
    dialect: 'anthropic-messages',
    upstreamModel: 'claude-adaptive',
    maxOutputTokens: 64_000,
    traits: { thinking: 'adaptive', systemInMessages: true, efforts: ['low', 'medium', 'high'] },
  },
  {
    dialect: 'anthropic-messages',
    upstreamModel: 'claude-budget',
    maxOutputTokens: 64_000,
    traits: { thinking: 'budget', refusesWhileThinking: ['temperature'] },
  },
];

function bodyOf(json: Json): ReturnType<typeof parseRequestBody> {
  return parseRequestBody(Buffer.from(JSON.stringify(json)));
}

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Content of a message as blocks, as Anthropic reads it. */
const blocksOf = (content: unknown): readonly Json[] =>
  typeof content === 'string' ? (content === '' ? [] : [{ type: 'text', text: content }]) : list(content);

/** Each block as one line, read from the wire without our codec's help. */
function wireLines(body: Json): readonly string[] {
  const lines: string[] = [];
  const add = (place: string, content: unknown): void => {
    for (const block of blocksOf(content)) {
      const type = text(block['type']);
      switch (type) {
        case 'text':
          lines.push(`${place} text ${text(block['text'])}`);
          break;
        case 'tool_use':
          lines.push(
            `${place} call ${text(block['id'])} ${text(block['name'])} ${JSON.stringify(block['input'])}`,
          );
          break;
        case 'tool_result':
          lines.push(`${place} result ${text(block['tool_use_id'])} ${block['is_error'] === true}`);
          add(`${place}>`, block['content']);
          break;
        case 'thinking':
          lines.push(`${place} thought ${text(block['thinking'])} ${text(block['signature'])}`);
          break;
        case 'redacted_thinking':
          lines.push(`${place} thought  ${text(block['data'])}`);
          break;
        default:
          lines.push(`${place} ${type}`);
      }
    }
  };
  add('system', body['system']);
  for (const message of list(body['messages'])) add(text(message['role']), message['content']);
  return lines;
}

/** The same from the neutral view. */
function neutralLines(request: ConversationRequest): readonly string[] {
  const lines: string[] = [];
  const add = (place: string, parts: ReturnType<typeof messagesOf>[number]['content']): void => {
    for (const part of parts) {
      switch (part.type) {
        case 'text':
          lines.push(`${place} text ${part.text}`);
          break;
        case 'tool-call':
          lines.push(`${place} call ${part.callId} ${part.name} ${part.input}`);
          break;
        case 'tool-result':
          lines.push(`${place} result ${part.callId} ${part.isError === true}`);
          add(`${place}>`, part.content);
          break;
        case 'reasoning':
          lines.push(`${place} thought ${part.text} ${part.seal?.value}`);
          break;
        case 'other':
          lines.push(`${place} ${part.wireType}`);
          break;
        default:
          lines.push(`${place} ${part.type}`);
      }
    }
  };
  for (const { role, content } of messagesOf(request)) add(role, content);
  return lines;
}

describe('recorded requests of the messages dialect', function () {
  before(function () {
    if (traffic === undefined) this.skip();
  });

  it('are at hand', () => {
    assert.ok(anthropicRequests.length > 140);
    assert.ok(foreignRequests.length > 30);
  });

  it('are decoded whole: every block in its place', () => {
    for (const { name, body } of anthropicRequests) {
      const request = decodeRequest(bodyOf(body));
      assert.deepEqual(neutralLines(request), wireLines(body), name);
      assert.equal(request.toolCount, list(body['tools']).length, name);
      assert.deepEqual(
        request.tools().map((tool) => tool.name),
        list(body['tools']).map((tool) => text(tool['name'])),
        name,
      );
    }
  });

  it('have outlines that agree with their messages', () => {
    for (const { name, body } of anthropicRequests) {
      const request = decodeRequest(bodyOf(body));
      for (const [index, outline] of request.outline.entries()) {
        const { role, content } = request.message(index);
        const place = `${name} ${index}`;
        assert.equal(outline.role, role, place);
        assert.equal(outline.bytes, request.messageBytes(index).length, place);
        assert.equal(
          outline.hasToolCall,
          content.some(({ type }) => type === 'tool-call'),
          place,
        );
        assert.equal(
          outline.isToolResult,
          content.some(({ type }) => type === 'tool-result'),
          place,
        );
        assert.equal(
          outline.hasText,
          content.some((part) => part.type === 'text' && part.text !== ''),
          place,
        );
      }
    }
  });

  it('pass byte for byte to a model that the client named itself', () => {
    for (const { name, body } of anthropicRequests) {
      const request = decodeRequest(bodyOf(body));
      const upstreamModel = text(body['model']);
      const target = { dialect: 'anthropic-messages', upstreamModel, maxOutputTokens: 1_000_000 } as const;
      const { body: passed, warnings } = passRequest(request, target);
      assert.deepEqual(warnings, [], name);
      const before: Json = JSON.parse(request.body.bytes.toString()) as Json;
      const after: Json = JSON.parse(passed.toString()) as Json;
      const { cache_control: added, ...rest } = withoutMarks(after, before);
      if (passed !== request.body.bytes)
        assert.deepEqual([added, rest], [{ type: 'ephemeral' }, before], name);
    }
  });

  it('pass with only the named members changed when another model is chosen', () => {
    for (const target of TARGETS) {
      for (const { name, body } of anthropicRequests) {
        const { body: passed, warnings } = passRequest(decodeRequest(bodyOf(body)), target);
        const after = JSON.parse(passed.toString()) as Json;
        const edited = ['model', 'max_tokens', 'thinking', 'output_config', 'cache_control', 'messages'];
        // Clearing thoughts goes with thinking, where an answer under way was begun without thoughts.
        if (warnings.some((warning) => warning.startsWith('context_management')))
          edited.push('context_management');
        const unedited = (json: Json) =>
          Object.entries(json).filter(([key]) => !edited.includes(key) && key !== 'temperature');
        assert.deepEqual(unedited(withoutMarks(after, body)), unedited(body), name);
        assert.equal(after['model'], target.upstreamModel);
        const wasSystem = list(body['messages']).some(({ role }) => role === 'system');
        const isKept = !wasSystem || target.traits?.systemInMessages === true;
        if (isKept) assert.deepEqual(after['messages'], body['messages'], name);
        else
          assert.ok(
            list(after['messages']).every(({ role }) => role !== 'system'),
            name,
          );
      }
    }
  });
});

/** As it was before marks were set on what conversations begin with; only a client that sets none gets them. */
function withoutMarks(after: Json, before: Json): Json {
  if (after['cache_control'] === undefined || before['cache_control'] !== undefined) return after;
  const unmarked = (blocks: unknown): Json[] =>
    list(blocks as Json[]).map((block) =>
      Object.fromEntries(Object.entries(block).filter(([key]) => key !== 'cache_control')),
    );
  const { system, tools } = after;
  const text =
    Array.isArray(system) && typeof before['system'] === 'string' ? unmarked(system)[0]?.['text'] : null;
  return {
    ...after,
    ...(Array.isArray(system) ? { system: text ?? unmarked(system) } : {}),
    ...(Array.isArray(tools) ? { tools: unmarked(tools) } : {}),
  };
}

/** Members of a request by the types of the official SDK, and temperature and its like, which older models take. */
const MEMBERS = new Set([
  'model',
  'max_tokens',
  'system',
  'tools',
  'tool_choice',
  'messages',
  'thinking',
  'output_config',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'service_tier',
  'metadata',
  'stream',
]);

const BLOCK_MEMBERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['text', ['type', 'text', 'cache_control']],
  ['image', ['type', 'source', 'cache_control']],
  ['document', ['type', 'source', 'title', 'cache_control']],
  ['tool_use', ['type', 'id', 'name', 'input', 'cache_control']],
  ['tool_result', ['type', 'tool_use_id', 'content', 'is_error', 'cache_control']],
]);

/** What Anthropic would refuse of a request that we built. */
function assertAcceptable(body: Json, name: string): void {
  for (const key of Object.keys(body)) assert.ok(MEMBERS.has(key), `${name}: ${key}`);
  assert.equal(typeof body['max_tokens'], 'number', name);
  for (const tool of list(body['tools'])) {
    assert.match(text(tool['name']), /^[a-zA-Z0-9_-]{1,128}$/, name);
    assert.equal((tool['input_schema'] as Json)['type'], 'object', name);
    for (const key of Object.keys(tool)) {
      assert.ok(
        ['name', 'description', 'input_schema', 'strict', 'cache_control'].includes(key),
        `${name}: ${key}`,
      );
    }
  }
  const messages = list(body['messages']);
  assert.equal(messages[0]?.['role'], 'user', name);
  assert.equal(messages.at(-1)?.['role'] === 'assistant', false, name);
  let open: readonly string[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    const blocks = list(content);
    assert.ok(blocks.length > 0, name);
    if (role === 'system') {
      assert.equal(messages[index - 1]?.['role'], 'user', name);
      assert.notEqual(messages[index + 1]?.['role'], 'user', name);
      continue;
    }
    assert.notEqual(role, messages[index - 1]?.['role'], name);
    const results = blocks.filter(({ type }) => type === 'tool_result');
    assert.deepEqual(results.map((block) => text(block['tool_use_id'])).toSorted(), open.toSorted(), name);
    assert.deepEqual(blocks.slice(0, results.length), results, `${name}: results come first`);
    open = blocks.filter(({ type }) => type === 'tool_use').map((block) => text(block['id']));
    for (const block of blocks) {
      for (const key of Object.keys(block)) {
        assert.ok(
          BLOCK_MEMBERS.get(text(block['type']))?.includes(key),
          `${name}: ${text(block['type'])}.${key}`,
        );
      }
      if (block['type'] === 'text') assert.notEqual(text(block['text']).trim(), '', name);
    }
  }
  assert.ok((JSON.stringify(body).match(/"cache_control":/g) ?? []).length <= 4, name);
}

describe('recorded requests of other dialects for Anthropic', function () {
  before(function () {
    if (traffic === undefined) this.skip();
  });

  for (const target of TARGETS) {
    it(`[A3] become requests that ${target.upstreamModel} accepts`, () => {
      for (const { name, request } of foreignRequests) {
        const { body, path } = encodeRequest(request, target);
        assert.equal(path, '/v1/messages');
        assertAcceptable(JSON.parse(body.toString()) as Json, name);
      }
    });

    it(`[A3] lose no text, tool or result on the way to ${target.upstreamModel}`, () => {
      for (const { name, request } of foreignRequests) {
        const { body, warnings } = encodeRequest(request, target);
        const sent = JSON.parse(body.toString()) as Json;
        const all = wireLines(sent).join('\n');
        for (const { role, content } of messagesOf(request)) {
          for (const part of content) {
            if (part.type === 'text') assert.ok(all.includes(part.text), `${name}: ${role} ${part.text}`);
            if (part.type === 'tool-call') assert.ok(all.includes(` ${part.name} `), `${name}: ${part.name}`);
            if (part.type !== 'tool-result') continue;
            for (const inner of part.content) {
              if (inner.type === 'text') assert.ok(all.includes(inner.text), `${name}: ${inner.text}`);
            }
          }
        }
        const names = list(sent['tools']).map((tool) => tool['name']);
        for (const tool of request.tools()) {
          const isSaid = warnings.some((warning) => warning.includes(tool.name));
          assert.ok(names.includes(tool.name) || isSaid, `${name}: ${tool.name}`);
        }
      }
    });
  }
});
