// Which requests are the same question to the cache: none that differ in anything that may change the answer, and all
// that differ only in how they are written, in their dialect or in their metadata.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { RequestKey } from '../../daemon/cache/request-key.ts';
import { dialectForPath } from '../../daemon/dialects/registry.ts';
import { RouterError } from '../../daemon/errors.ts';
import type { JsonObject } from '../../daemon/util/json.ts';
import { parseRequestBody } from '../../daemon/util/json-scan.ts';
import { seededRandom } from '../faults/seeded-random.ts';
import { BUILDERS, type Written } from './cache-keys/builders.ts';
import { describe_, pick, type Random } from './cache-keys/descriptions.ts';
import { mutate } from './cache-keys/mutations.ts';
import { NATIVES } from './cache-keys/native-bodies.ts';
import { rewritten, writeJson } from './cache-keys/rewritings.ts';

const PAIRS = Number(process.env['POINTSMAN_PAIRS'] ?? 5000);
const SEED = Number(process.env['POINTSMAN_SEED'] ?? 20261122);
const TRAFFIC = path.join(import.meta.dirname, '..', '..', '..', 'shared', 'client-traffic');

function keyOf(wirePath: string, text: string): RequestKey {
  const dialect = dialectForPath(wirePath);
  if (dialect === undefined) throw new Error(`nothing is served at ${wirePath}`);
  const request = dialect.decodeRequest(parseRequestBody(Buffer.from(text)), wirePath);
  return new RequestKey(request, { models: request.requestModel, features: [] });
}

/** Null = never compared with anything. */
function comparableKey(wirePath: string, text: string): string | null {
  const key = keyOf(wirePath, text);
  return key.obstacle === null && key.hiddenObstacle === null ? key.key : null;
}

const isHit = (a: string | null, b: string | null): boolean => a !== null && a === b;

/** Undefined = the daemon refuses this request. */
function keyOrRefusal(wirePath: string, text: string): string | null | undefined {
  try {
    return comparableKey(wirePath, text);
  } catch (error) {
    if (error instanceof RouterError) return undefined;
    throw error;
  }
}

function recorded(): readonly Written[] {
  if (!existsSync(TRAFFIC)) return [];
  return readdirSync(TRAFFIC)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name): readonly Written[] => {
      const {
        path: wirePath,
        method,
        body,
      } = JSON.parse(readFileSync(path.join(TRAFFIC, name), 'utf8')) as {
        path: string;
        method: string;
        body: JsonObject;
      };
      const plain = wirePath.replace(/\?.*$/, '');
      const dialect = dialectForPath(plain);
      const isAsk = method === 'POST' && dialect !== undefined && body['previous_response_id'] === undefined;
      return isAsk ? [{ dialect: dialect.id, path: plain, body }] : [];
    });
}

const RECORDED = recorded();

function drawn(random: Random): Written {
  const source = Math.floor(random() * (RECORDED.length > 0 ? 3 : 2));
  if (source === 2) return pick(random, RECORDED);
  if (source === 1) return pick(random, NATIVES)(random);
  for (;;) {
    const written = pick(random, BUILDERS)(describe_(random), random);
    if (written !== null) return written;
  }
}

describe('the key of a request', function () {
  this.timeout(120_000);

  before(() => {
    console.log(
      `      seed ${SEED}; ${RECORDED.length === 0 ? 'recorded traffic is not here: skipped' : `${RECORDED.length} recorded requests`}`,
    );
  });

  it(`[A31] differs in ${PAIRS} of ${PAIRS} pairs that differ in one field that may change the answer`, () => {
    const random = seededRandom(SEED);
    const hits: string[] = [];
    const places = new Set<string>();
    let pairs = 0;
    let comparable = 0;
    while (pairs < PAIRS) {
      const written = drawn(random);
      const before = comparableKey(written.path, JSON.stringify(written.body));
      for (let draws = 0; draws < 12; draws += 1) {
        const mutated = mutate(written, random);
        if (mutated === undefined) continue;
        const after = keyOrRefusal(written.path, JSON.stringify(mutated.body));
        if (after === undefined) continue;
        pairs += 1;
        if (before !== null) comparable += 1;
        places.add(mutated.what.slice(0, mutated.what.indexOf(': ')));
        if (isHit(before, after)) hits.push(mutated.what);
      }
    }
    console.log(
      `      ${pairs} pairs, ${comparable} of comparable requests, ${places.size} kinds of places, ${hits.length} hits`,
    );
    assert.deepEqual(hits, []);
    assert.ok(comparable > pairs * 0.8, 'most requests can be compared');
  });

  it(`[A31] is equal in ${PAIRS} of ${PAIRS} pairs that differ in order, white space, dialect or metadata only`, () => {
    const random = seededRandom(SEED + 1);
    const misses: string[] = [];
    let [pairs, across] = [0, 0];
    while (pairs < PAIRS) {
      if (random() < 0.5) {
        const asked = describe_(random);
        const versions = BUILDERS.flatMap((build) => build(asked, random) ?? []);
        const keys = versions.map((written) => {
          const { text } = rewritten(written, random);
          return { written, text, key: comparableKey(written.path, text) };
        });
        for (const [index, { written, text, key }] of keys.entries()) {
          const other = keys[index + 1];
          if (other === undefined) continue;
          pairs += 1;
          across += 1;
          if (!isHit(key, other.key))
            misses.push(`${written.dialect} ${other.written.dialect}\n${text}\n${other.text}`);
        }
        continue;
      }
      const written = drawn(random);
      const text = writeJson(written.body, random);
      const key = comparableKey(written.path, text);
      if (key === null) continue;
      const other = rewritten(written, random);
      pairs += 1;
      if (!isHit(key, comparableKey(other.path, other.text)))
        misses.push(`${written.dialect}\n${text}\n${other.text}`);
    }
    console.log(`      ${pairs} pairs, ${across} across dialects, ${misses.length} misses`);
    assert.equal(misses.length, 0, misses.slice(0, 2).join('\n\n'));
  });

  const chatAsk = (members: string, content = '"hi"'): string =>
    `{"model":"auto","messages":[{"role":"user","content":${content}}]${members}}`;
  const called = (args: string): string =>
    `{"model":"auto","messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":${JSON.stringify(args)}}}]},{"role":"tool","tool_call_id":"a","content":"y"}]}`;
  const chatPath = '/v1/chat/completions';

  const different: readonly (readonly [what: string, one: string, other: string])[] = [
    ['numbers too large for a double', chatAsk(',"x":1e400'), chatAsk(',"x":1e500')],
    ['a number too large and null', chatAsk(',"x":1e400'), chatAsk(',"x":null')],
    ['integers beyond 2^53', chatAsk(',"x":9007199254740993'), chatAsk(',"x":9007199254740992')],
    ['integers beyond 2^53 in arguments', called('{"n":9007199254740993}'), called('{"n":9007199254740992}')],
    ['1.0 and 1 in arguments, which a model reads as text', called('{"n":1.0}'), called('{"n":1}')],
    ['-0 and 0 in arguments', called('{"n":-0}'), called('{"n":0}')],
    ['members twice', chatAsk(',"seed":1,"seed":2'), chatAsk(',"seed":2')],
    ['members twice, once escaped', chatAsk(',"seed":1,"s\\u0065ed":2'), chatAsk(',"seed":2')],
    ['members of arguments twice', called('{"a":1,"a":2}'), called('{"a":2}')],
    ['lone surrogates', chatAsk('', '"\\ud800"'), chatAsk('', '"\\ud801"')],
    ['a lone surrogate and what replaces it', chatAsk('', '"\\ud800"'), chatAsk('', '"\\ufffd"')],
    ['composed and decomposed letters', chatAsk('', '"\u00e9"'), chatAsk('', '"e\u0301"')],
    ['a member and an own prototype', chatAsk(',"__proto__":{"a":1}'), chatAsk('')],
    [
      'JSON that a tool said, written in another way',
      called('{}').replace('"y"', '"{\\"a\\": 1}"'),
      called('{}').replace('"y"', '"{\\"a\\":1}"'),
    ],
  ];
  for (const [what, one, other] of different) {
    it(`[A31] tells apart: ${what}`, () => {
      assert.equal(isHit(comparableKey(chatPath, one), comparableKey(chatPath, other)), false);
    });
  }

  it('[A31] compares nothing that lets a vendor look something up', () => {
    assert.equal(comparableKey(chatPath, chatAsk(',"web_search_options":{}')), null);
    assert.equal(comparableKey(chatPath, chatAsk(',"tools":[{"type":"web_search"}]')), null);
    assert.equal(comparableKey(chatPath, chatAsk(',"plugins":[{"id":"web"}]')), null);
    assert.notEqual(comparableKey(chatPath, chatAsk('')), null);
  });

  it('[A31] takes 1.0 and 1 as a setting, and escaped text, for the same', () => {
    const one = comparableKey(chatPath, chatAsk(',"temperature":1.0', '"caf\u00e9"'));
    assert.ok(isHit(one, comparableKey(chatPath, chatAsk(',"temperature":1', '"caf\\u00e9"'))));
  });
});
