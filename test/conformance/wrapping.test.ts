// The same ask, bare and inside the wrappings of many assistants: the decision must be the same. What differs is printed
// by wrapping and cause. And every prefix of every recorded conversation: a tool result never lets the model change.

import assert from 'node:assert/strict';

import { extractFeatures } from '../../daemon/classify/features.ts';
import { identifyClient, requestClass } from '../../daemon/classify/client-identity.ts';
import { textOf } from '../../daemon/conversation/request.ts';
import { ConversationIndex } from '../../daemon/route/conversation-identity.ts';
import type { ConversationState } from '../../daemon/route/conversation-store.ts';
import { decisionPoint } from '../../daemon/route/decision-point.ts';
import {
  agreementReport,
  asks,
  bare,
  compareWithBare,
  decode,
  type WrappingAgreement,
} from '../eval/measure-wrappings.ts';
import { loadClientTraffic, type Json } from './wire-fixtures.ts';
import { OTHER_WRAPPINGS, recordedWrappings } from './wrappings.ts';

const recorded = recordedWrappings();

function report(title: string, agreement: WrappingAgreement): void {
  for (const line of [title, ...agreementReport(agreement)]) console.log(`      ${line}`);
}

describe('an ask inside the wrapping of an assistant', function () {
  this.timeout(120_000);

  it('[B1] is decided as the bare one in the requests of every recorded assistant', function () {
    if (recorded === undefined) {
      console.log(
        '      skipped: no recorded traffic (set POINTSMAN_SHARED to the folder that holds client-traffic)',
      );
      this.skip();
    }
    const result = compareWithBare(recorded);
    report('recorded', result);
    assert.ok(result.total >= 2000);
    assert.ok(result.differences.length <= result.total * 0.03);
    // What is judged with an earlier turn may differ, where there is one; a title is of the whole request.
    const others = result.differences.filter(
      ({ cause, wrapping }) => cause !== 'earlier turns' && !wrapping.includes('background'),
    );
    assert.deepEqual(others, []);
  });

  it('[B1] is decided as the bare one in the shapes of other assistants', () => {
    const result = compareWithBare(OTHER_WRAPPINGS);
    report('by hand', result);
    assert.ok(result.total >= 2000);
    assert.ok(result.differences.length <= result.total * 0.03);
  });

  it('[B1] is the very same words in the shapes of other assistants', () => {
    const seen: string[] = [];
    for (const wrapping of OTHER_WRAPPINGS) {
      for (const ask of asks) {
        const expected = bare(ask, false).features.ask;
        const found = extractFeatures(decode(wrapping.path, wrapping.body(ask)), { client: 'unknown' }).ask;
        if (found !== expected)
          seen.push(
            `${wrapping.name}: ${JSON.stringify(ask.slice(0, 50))} -> ${JSON.stringify(found.slice(0, 80))}`,
          );
      }
    }
    for (const line of seen.slice(0, 40)) console.log(`        ${line}`);
    assert.ok(seen.length <= asks.length * OTHER_WRAPPINGS.length * 0.005, `${seen.length} differ`);
  });
});

interface Line {
  readonly name: string;
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Json;
}

/** Each recorded conversation cut behind each message that a client would send: words, or results of tools. */
function prefixes({ body }: Line): readonly Json[] {
  const key = Array.isArray(body['messages']) ? 'messages' : 'input';
  const list = body[key];
  if (!Array.isArray(list)) return [body];
  const items = list as readonly Json[];
  const ends = items.flatMap((item, index) => {
    const next = items[index + 1];
    // Results of calls that were made at once are sent together, and so are system messages behind the words.
    return isFromClient(item) && (next === undefined || !isFromClient(next)) ? [index + 1] : [];
  });
  return ends.map((end) => ({ ...body, [key]: items.slice(0, end) }));
}

function isFromClient(item: Json): boolean {
  const type = typeof item['type'] === 'string' ? item['type'] : 'message';
  return type === 'message'
    ? item['role'] !== 'assistant'
    : type.endsWith('_output') || type === 'additional_tools';
}

describe('a recorded conversation, request by request', function () {
  this.timeout(60_000);

  const lines = loadClientTraffic()
    ?.filter(({ name }) => !/count-tokens|ws-frame|background/.test(name))
    .map(({ name, file }) => ({
      name,
      path: String(file['path']).replace(/\?.*/, ''),
      headers: new Map(Object.entries(file['headers'] as Record<string, string>)),
      body: file['body'] as Json,
    }));

  it('[B3] stays on its model at every tool result, and on one line', function () {
    if (lines === undefined) {
      console.log(
        '      skipped: no recorded traffic (set POINTSMAN_SHARED to the folder that holds client-traffic)',
      );
      this.skip();
    }
    let toolResults = 0;
    for (const line of lines) {
      const index = new ConversationIndex();
      let state: ConversationState | null = null;
      let id = '';
      for (const body of prefixes(line)) {
        const request = decode(line.path, body);
        const features = extractFeatures(request, { client: identifyClient(line.headers) });
        const hint = requestClass(line.headers, request);
        const opener = request.outline.findIndex(
          ({ role, isToolResult }) => role === 'user' && !isToolResult,
        );
        const firstUserText = opener < 0 ? '' : textOf(request.message(opener).content);
        const found = index.identify({ headers: line.headers, request, firstUserText, hint, remember: true });
        assert.ok(id === '' || found.id === id, `${line.name}: another conversation`);
        id = found.id;
        const point = decisionPoint({ features, state, hint, atMs: 0, isSide: found.isSide });
        if (features.isToolResult) {
          toolResults += 1;
          assert.equal(point, 'continuation', `${line.name} at ${features.messageCount}`);
        } else {
          assert.equal(
            point,
            state === null ? 'new-conversation' : 'new-task',
            `${line.name} at ${features.messageCount}`,
          );
        }
        state = { ...features, model: 'pro', lastSeenAtMs: 0, ttlS: 300 };
      }
    }
    console.log(`      ${toolResults} tool results in ${lines.length} conversations`);
    assert.ok(toolResults >= 80);
  });
});
