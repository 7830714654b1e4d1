import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as words from '../../../../extension/dashboard/words.ts';
import type { DecisionPoint, FailureKind, RouteReason } from '../../../../daemon/protocol/vocabulary.ts';

const vocabulary = readFileSync(
  path.join(import.meta.dirname, '../../../../daemon/protocol/vocabulary.ts'),
  'utf8',
);

/** The members of a string union, read from its source. */
function membersOf(union: string): readonly string[] {
  const body = new RegExp(`export type ${union} =([^;]*);`).exec(vocabulary)?.[1] ?? '';
  return [...body.matchAll(/'([^']+)'/g)].map((match) => match[1] ?? '');
}

describe('words', () => {
  it('has its own words for each reason, failure, decision point and error', () => {
    const tables = [
      ['RouteReason', (word: string) => words.reasonSentence(word as RouteReason), /^Reason: /],
      ['FailureKind', (word: string) => words.failureWords(word as FailureKind), /^Failed$/],
      ['DecisionPoint', (word: string) => words.decisionPointWords(word as DecisionPoint), /^at (?!the )/],
      ['ErrorCode', (word: string) => words.errorWords(word), /^The request failed\.$/],
    ] as const;
    for (const [union, say, fallback] of tables) {
      const members = membersOf(union);
      assert.ok(members.length > 5, union);
      for (const member of members) assert.doesNotMatch(say(member), fallback, `${union} ${member}`);
    }
  });

  it('shows a word of a newer daemon as it is', () => {
    assert.equal(words.clientName('zed-next'), 'zed-next');
    assert.equal(words.reasonSentence('magic' as RouteReason), 'Reason: magic.');
    assert.equal(words.clientName('constructor'), 'constructor');
  });
});
