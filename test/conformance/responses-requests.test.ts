// Requests of the Responses dialect against recorded traffic: what clients really send, read whole, passed on with
// nothing but the named members changed, and requests of other dialects turned into it.

import assert from 'node:assert/strict';

import {
  messagesOf,
  textOf,
  type ContentPart,
  type ConversationRequest,
} from '../../daemon/conversation/request.ts';
import { decodeRequest as decodeMessages } from '../../daemon/dialects/anthropic-messages/decode-request.ts';
import { decodeRequest as decodeChat } from '../../daemon/dialects/openai-chat/decode-request.ts';
import { decodeRequest } from '../../daemon/dialects/openai-responses/decode-request.ts';
import { encodeRequest } from '../../daemon/dialects/openai-responses/encode-request.ts';
import { inputItems, withItems } from '../../daemon/dialects/openai-responses/expand-input.ts';
import type { RequestBody } from '../../daemon/util/request-body.ts';
import { parseRequestBody } from '../../daemon/util/json-scan.ts';
import { loadClientTraffic, loadExchanges, type Json } from './wire-fixtures.ts';

const exchanges = loadExchanges('openai-responses');
const traffic = loadClientTraffic();

const TARGET = { dialect: 'openai-responses', upstreamModel: 'routed/model', maxOutputTokens: 64 } as const;

interface Recorded {
  readonly id: string;
  readonly body: Json;
}

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const bytesOf = (body: Json, indent = 0): Buffer => Buffer.from(JSON.stringify(body, null, indent));

function decoded(body: Json): ConversationRequest {
  return decodeRequest(parseRequestBody(bytesOf(body)));
}

/** Every text in an item that a person or a program wrote, found without the codec's help. */
function textsOf(item: Json): readonly string[] {
  const found: string[] = [];
  for (const key of ['content', 'output', 'summary']) {
    const value = item[key];
    if (typeof value === 'string') found.push(value);
    for (const part of list(value)) found.push(text(part['text']));
  }
  for (const key of ['arguments', 'input']) found.push(text(item[key]));
  return found.filter((value) => value !== '');
}

/** Every text in neutral parts. */
function allText(parts: readonly ContentPart[]): string {
  return parts
    .map((part) => {
      if (part.type === 'tool-result') return allText(part.content);
      if (part.type === 'tool-call') return part.input;
      if (part.type === 'other') return JSON.stringify(part.raw);
      return 'text' in part ? part.text : '';
    })
    .join('\n');
}

/** Declared tools by the names that they may have elsewhere. */
function declaredTools(body: Json): readonly string[] {
  const items = list(body['input']).filter(({ type }) => type === 'additional_tools');
  const tools = [body, ...items].flatMap((holder) => list(holder['tools']));
  return tools.flatMap((tool) => {
    if (tool['type'] !== 'namespace') return [text(tool['name']) || text(tool['type'])];
    return list(tool['tools']).map((inner) => `${text(tool['name'])}__${text(inner['name'])}`);
  });
}

function requestsOf(): readonly Recorded[] {
  const recorded = (exchanges ?? []).flatMap(({ id, requestBody }) =>
    requestBody === undefined ? [] : [{ id, body: requestBody }],
  );
  const assistants = (traffic ?? [])
    .filter(({ file }) => file['path'] === '/v1/responses')
    .map(({ name, file }) => ({ id: name, body: file['body'] as Json }));
  return [...recorded, ...assistants];
}

const READERS: ReadonlyMap<string, (body: RequestBody) => ConversationRequest> = new Map([
  ['openai-chat', decodeChat],
  ['/v1/chat/completions', decodeChat],
  ['anthropic-messages', decodeMessages],
  ['/v1/messages', decodeMessages],
]);

/** Requests that clients of other dialects sent. */
function foreignRequests(): readonly { readonly id: string; readonly request: ConversationRequest }[] {
  const recorded = ['openai-chat', 'anthropic-messages'].flatMap((dialect) =>
    (loadExchanges(dialect) ?? []).map(({ id, requestBody }) => ({ id, dialect, body: requestBody })),
  );
  const assistants = (traffic ?? []).map(({ name, file }) => {
    return { id: name, dialect: text(file['path']).split('?', 1)[0] ?? '', body: file['body'] as Json };
  });
  return [...recorded, ...assistants].flatMap(({ id, dialect, body }) => {
    const read = READERS.get(dialect);
    return read === undefined || body === undefined
      ? []
      : [{ id, request: read(parseRequestBody(bytesOf(body))) }];
  });
}

describe('openai-responses requests, conformance', function () {
  this.timeout(60_000);
  if (exchanges === undefined || traffic === undefined) {
    it.skip('skipped: no corpus (set POINTSMAN_SHARED to the folder that holds wire-fixtures)');
    return;
  }
  const requests = requestsOf();
  const foreign = foreignRequests();

  it(`decodes all ${requests.length} recorded requests, whole`, () => {
    for (const { id, body } of requests) {
      const request = decoded(body);
      const items = list(body['input']).filter(({ type }) => type !== 'additional_tools');
      const first = text(body['instructions']) === '' ? 0 : 1;
      const count = typeof body['input'] === 'string' ? 1 : items.length;
      assert.equal(request.outline.length, first + count, id);
      assert.equal(request.requestModel, body['model'], id);
      assert.equal(request.stream, body['stream'] === true, id);
      assert.equal(request.maxOutputTokens, body['max_output_tokens'], id);
      assert.equal(request.previousResponseId, body['previous_response_id'] ?? undefined, id);
      if (first === 1) assert.equal(textOf(request.message(0).content), body['instructions'], id);
      for (const [index, item] of items.entries()) {
        const message = request.message(first + index);
        const outline = request.outline[first + index];
        assert.equal(message.role, outline?.role, id);
        const types = new Set(message.content.map((part) => part.type));
        assert.equal(types.has('tool-call'), outline?.hasToolCall, id);
        assert.equal(types.has('tool-result'), outline?.isToolResult, id);
        assert.equal(types.has('text'), outline?.hasText, id);
        assert.equal(JSON.stringify(item).includes('"input_image"'), outline?.hasImage, id);
        for (const found of textsOf(item))
          assert.ok(allText(message.content).includes(found), `${id}: ${found}`);
        const sealed = message.content.flatMap((part) =>
          part.type === 'reasoning' ? [part.seal?.value] : [],
        );
        assert.deepEqual(
          sealed,
          item['type'] === 'reasoning' ? [item['encrypted_content'] ?? undefined] : [],
          id,
        );
      }
      request.settings();
      request.unmappedFields();
    }
  });

  it('knows every tool, those of namespaces and of additional_tools items among them', () => {
    let count = 0;
    for (const { id, body } of requests) {
      const names = new Set(
        decoded(body)
          .tools()
          .map(({ name }) => name),
      );
      for (const name of declaredTools(body)) assert.ok(names.has(name), `${id}: ${name}`);
      count += names.size;
      const loaded = list(body['input']).filter(({ type }) => type === 'tool_search_output');
      for (const tool of loaded.flatMap((item) => list(item['tools']))) {
        if (tool['type'] === 'function') assert.ok(names.has(text(tool['name'])), id);
      }
    }
    assert.ok(count > 300, `only ${count} tools`);
  });

  it('passes requests on with every member but the named ones as it was, byte for byte', () => {
    for (const { id, body } of requests) {
      const bytes = bytesOf(body, 1);
      const request = decodeRequest(parseRequestBody(bytes));
      const encoded = encodeRequest(request, TARGET);
      assert.equal(encoded.path, '/responses');
      assert.deepEqual(encoded.warnings, [], id);
      assert.deepEqual(encodeRequest(request, TARGET), encoded, 'encoding twice');
      const sent = parseRequestBody(encoded.body);
      assert.deepEqual([...sent.members.keys()], [...request.body.members.keys()], id);
      for (const { key, value } of request.body.entries) {
        if (key === 'model' || key === 'max_output_tokens') continue;
        const kept = sent.members.get(key);
        assert.ok(kept, `${id}: ${key}`);
        assert.ok(
          bytes.subarray(value.start, value.end).equals(encoded.body.subarray(kept.start, kept.end)),
          `${id}: ${key}`,
        );
      }
      const after = JSON.parse(encoded.body.toString()) as Json;
      assert.equal(after['model'], TARGET.upstreamModel, id);
      const asked = body['max_output_tokens'];
      assert.equal(after['max_output_tokens'], typeof asked === 'number' ? Math.min(asked, 64) : asked, id);
    }
  });

  it('cuts out nothing but the sealed thoughts when the target made none of them', () => {
    const history = { maker: 'm', owns: () => false, recall: () => [] };
    let cut = 0;
    for (const { id, body } of requests) {
      const encoded = encodeRequest(decoded(body), { ...TARGET, history });
      const after = list((JSON.parse(encoded.body.toString()) as Json)['input']);
      const isSealed = (item: Json): boolean =>
        item['type'] === 'reasoning' && text(item['encrypted_content']) !== '';
      const kept = list(body['input']).filter((item) => !isSealed(item));
      const withoutId = (item: Json): Json => ({ ...item, id: undefined });
      assert.deepEqual(
        JSON.parse(JSON.stringify(after.map(withoutId))),
        JSON.parse(JSON.stringify(kept.map(withoutId))),
        id,
      );
      const count = list(body['input']).length - kept.length;
      assert.equal(encoded.warnings.length, count === 0 ? 0 : 1, id);
      cut += count;
    }
    assert.ok(cut > 25, `only ${cut} thoughts were cut out`);
  });

  it('splits the input of every request into items and puts them back together', () => {
    for (const { id, body } of requests) {
      const parsed = parseRequestBody(bytesOf(body, 1));
      const items = inputItems(parsed);
      if (typeof body['input'] === 'string') assert.equal(items.length, 1, id);
      else
        assert.deepEqual(
          items.map((item) => JSON.parse(item.toString()) as Json),
          body['input'],
          id,
        );
      const [earlier = Buffer.from('{}'), ...own] = items;
      const rest = parseRequestBody(
        bytesOf({ ...body, input: own.map((item) => JSON.parse(item.toString()) as Json) }),
      );
      const joined = JSON.parse(withItems(rest, [earlier]).toString()) as Json;
      assert.deepEqual(
        joined['input'],
        items.map((item) => JSON.parse(item.toString()) as Json),
        id,
      );
      assert.ok(!('previous_response_id' in joined), id);
    }
  });

  it(`turns ${foreign.length} requests of other dialects into this one, with all their words and tools`, () => {
    for (const { id, request } of foreign) {
      const encoded = encodeRequest(request, TARGET);
      const body = JSON.parse(encoded.body.toString()) as Json;
      assert.equal(body['model'], TARGET.upstreamModel, id);
      assert.equal(body['store'], false, id);
      assert.equal(body['stream'], request.stream, id);
      // The encoding is one that this dialect reads itself.
      const again = decodeRequest(parseRequestBody(encoded.body));
      const words = messagesOf(again)
        .map(({ role, content }) => `${role}: ${allText(content)}`)
        .join('\n');
      for (const message of messagesOf(request))
        assertWordsSurvive(id, message.content, words, encoded.warnings);
      const kept = request.tools().filter(({ kind }) => kind !== 'server');
      assert.deepEqual(
        again.tools().map(({ name }) => name),
        kept.map(({ name }) => name),
        id,
      );
      assertPaired(id, list(body['input']));
    }
  });
});

function assertWordsSurvive(
  id: string,
  parts: readonly ContentPart[],
  words: string,
  warnings: readonly string[],
): void {
  for (const part of parts) {
    if (part.type === 'tool-result') assertWordsSurvive(id, part.content, words, warnings);
    else if (part.type === 'text' || part.type === 'refusal') {
      assert.ok(part.text.trim() === '' || words.includes(part.text), `${id}: ${part.text.slice(0, 80)}`);
    } else if (part.type === 'tool-call') {
      assert.ok(words.includes(part.input), `${id}: ${part.input.slice(0, 80)}`);
    } else if (part.type === 'other' || part.type === 'reasoning') assert.notDeepEqual(warnings, [], id);
  }
}

/** Every call has its one result behind it, and no result stands without a call. */
function assertPaired(id: string, items: readonly Json[]): void {
  const open = new Set<unknown>();
  for (const { type, call_id: callId } of items) {
    if (text(type).endsWith('_call')) {
      assert.ok(!open.has(callId), id);
      assert.ok(text(callId).length <= 64, id);
      open.add(callId);
    } else if (text(type).endsWith('_call_output')) assert.ok(open.delete(callId), `${id}: stray result`);
  }
  assert.deepEqual([...open], [], `${id}: calls without results`);
}
