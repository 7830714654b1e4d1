// Must show 6 without the recordings: random model switches against providers that check every signature, and the way
// there and back between each two models, for clients of each dialect.

import assert from 'node:assert/strict';

import { SignedHistoryVault } from '../../daemon/pipeline/signed-history.ts';
import { isJsonObject, type JsonObject } from '../../daemon/util/json.ts';
import { CLIENT_DIALECTS, createClient, type ClientDialectId } from '../support/echo-clients.ts';
import {
  ALL_TARGETS,
  CLIENT_CODECS,
  exchange,
  randomAnswer,
  type RigTarget,
  runSequence,
  TARGETS,
  type TurnReport,
} from '../support/signed-history-rig.ts';
import type { Piece } from '../support/strict-providers.ts';

const SEQUENCES = 150;

/** Dropped thoughts make it hard where a client cannot carry them, and change nothing where it can. */
const HABITS = { movesCacheMarks: true, thinksByBudget: false, dropsThoughts: true, trimsText: false };

const SIGNED_TARGETS = [TARGETS.claudeA, TARGETS.gptA, TARGETS.openRouter, TARGETS.gemini];

const thinking = (name: string): readonly Piece[] => [
  { type: 'thought', text: `Thinking of ${name}.` },
  { type: 'text', text: `Answer ${name}.` },
];

describe('[B5] model switches with signed thoughts', () => {
  for (const dialect of CLIENT_DIALECTS) {
    it(`of a ${dialect} client are never refused, and every model gets its own thoughts back`, () => {
      let owedSeals = 0;
      for (let seed = 0; seed < SEQUENCES; seed += 1) {
        const report = runSequence({
          seed,
          clients: [dialect],
          targets: ALL_TARGETS,
          ask: (_, turn) => `ask ${turn}`,
          answer: (random, turn) => randomAnswer(random, `turn ${turn}`),
        });
        assert.equal(report.refusal, undefined);
        assert.equal(report.missing, undefined);
        assert.equal(report.returnedSeals, report.owedSeals);
        owedSeals += report.owedSeals;
      }
      assert.ok(owedSeals > SEQUENCES / 4, `only ${owedSeals} seals had to come back`);
    });

    it(`of a ${dialect} client that edits its history are never refused where it is translated`, () => {
      for (let seed = 0; seed < SEQUENCES; seed += 1) {
        const report = runSequence({
          seed,
          clients: [dialect],
          targets: ALL_TARGETS.filter(({ strict }) => strict.dialect !== dialect),
          ask: (_, turn) => `ask ${turn}`,
          answer: (random, turn) => randomAnswer(random, `turn ${turn}`),
          editsHistory: true,
        });
        assert.equal(report.refusal, undefined);
      }
    });

    for (const first of SIGNED_TARGETS) {
      it(`there and back leave a ${dialect} client’s request to ${first.strict.upstreamModel} as it was`, () => {
        for (const other of ALL_TARGETS) {
          if (other !== first) thereAndBack(dialect, first, other);
        }
      });
    }
  }
});

/** A, B, A: what A is sent the second time is, without B's turn, what it is sent when B never was asked. */
function thereAndBack(dialect: ClientDialectId, first: RigTarget, other: RigTarget): void {
  const detour = conversation(dialect, [first, other, first]);
  const straight = conversation(dialect, [first, undefined, first]);
  const [opening, , back] = detour;
  assert.ok(opening !== undefined && back !== undefined);
  const name = `${dialect} ${first.strict.upstreamModel} ${other.strict.upstreamModel}`;
  // Google proves its texts, and chat clients send the words back, so the proof is in its place again there too.
  assert.deepEqual(first.strict.sealsIn(back.sent), opening.seals, name);
  assert.deepEqual(withoutTurn(back.sent), withoutTurn(straight.at(-1)?.sent ?? {}), name);
}

/** undefined = that turn is left out. */
function conversation(
  dialect: ClientDialectId,
  targets: readonly (RigTarget | undefined)[],
): readonly TurnReport[] {
  const client = createClient(dialect, HABITS);
  const vault = new SignedHistoryVault();
  return targets.flatMap((target, turn) => {
    if (target === undefined) return [];
    client.say(`ask ${turn}`);
    const pieces = thinking(String(turn));
    const report = exchange({
      vault,
      conversationId: 'c_1',
      client,
      clientCodec: CLIENT_CODECS[dialect],
      target,
      pieces,
    });
    assert.equal(report.refusal, undefined);
    return [report];
  });
}

/** The request without the messages from the second question up to the third, and without marks for the cache. */
function withoutTurn(sent: JsonObject): JsonObject {
  const plain = JSON.parse(
    JSON.stringify(sent, (key, value: unknown) => (key === 'cache_control' ? undefined : value)),
  ) as JsonObject;
  const field = ['messages', 'input', 'contents'].find((name) => Array.isArray(plain[name])) ?? '';
  const list = plain[field];
  assert.ok(Array.isArray(list) && list.every(isJsonObject));
  const indexOf = (ask: string): number => list.findIndex((item) => JSON.stringify(item).includes(ask));
  const from = indexOf('ask 1');
  return from === -1 ? plain : { ...plain, [field]: list.toSpliced(from, indexOf('ask 2') - from) };
}
