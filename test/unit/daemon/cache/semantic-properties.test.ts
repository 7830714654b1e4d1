import assert from 'node:assert/strict';

import { prepareAsk, type PreparedAsk } from '../../../../daemon/cache/semantic-encoder.ts';
import { differenceOf, meaningOf } from '../../../../daemon/cache/semantic-guard.ts';
import { nearMisses, paraphrases } from './semantic-samples.ts';

const seed = Number(process.env['POINTSMAN_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const ROUNDS = 800;

/** Asks of different pairs that mean the same. */
const ALSO_EQUAL: readonly (readonly [string, string])[] = [
  ['Fix each of the warnings.', 'Fix all warnings.'],
  ['Improve this error message.', 'Improve the error message.'],
  ['Explain this code.', 'Explain the following code.'],
  ['Replace the map with a set.', 'Use a set instead of a map.'],
];

/** Small and good enough: each seed gives one sequence. */
function createRandom(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const asks = [...nearMisses, ...paraphrases]
  .flatMap(({ a, b }) => [a, b])
  .filter((ask) => !/[`"'“]/.test(ask));

type Change = (ask: string, random: (below: number) => number) => string | undefined;

function replaceOne(
  ask: string,
  pattern: RegExp,
  random: (below: number) => number,
  by: (found: string) => string,
): string | undefined {
  const matches = [...ask.matchAll(pattern)];
  const match = matches[random(matches.length)];
  if (match === undefined) return undefined;
  return ask.slice(0, match.index) + by(match[0]) + ask.slice(match.index + match[0].length);
}

const CHANGES: Readonly<Record<string, Change>> = {
  'another number': (ask, random) =>
    replaceOne(ask, /\d+/g, random, (found) => String(Number(found) + 1 + random(90))),
  'another identifier': (ask, random) =>
    replaceOne(ask, /\b[a-z]+[A-Z]\w*|\b\w+_\w+/g, random, (found) => `${found}${'xyz'[random(3)] ?? 'x'}`),
  'another file': (ask, random) =>
    replaceOne(ask, /\b[\w/-]+\.(?:ts|js|py|json|go|md|rs)\b/g, random, (found) => `old-${found}`),
  'a "not"': (ask, random) =>
    replaceOne(ask, /(?<= (?:is|are|do|does|should|must|can) )(?=\w+ \w)/g, random, () => 'not '),
  'a content word that nobody knows': (ask, random) =>
    replaceOne(
      ask,
      /(?<= (?:a|the|this|each|in|of|for) )[a-z]{4,}(?=[ .?])/g,
      random,
      (found) => `${found}wug`,
    ),
  'two neighbours swapped': (ask, random) =>
    replaceOne(ask, /\b[a-z]{5,} (?:from|to|into|over|than|before|after) [a-z]{5,}\b/g, random, (found) => {
      const [one = '', marker = '', two = ''] = found.split(' ');
      return one === two ? found : `${two} ${marker} ${one}`;
    }),
};

describe('semantic guard, whatever is asked [A32]', () => {
  for (const [name, change] of Object.entries(CHANGES)) {
    it(`never lets an ask share an answer with itself and ${name} (seed ${seed})`, () => {
      const random = createRandom(seed);
      let tried = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        const ask = asks[random(asks.length)] ?? '';
        const changed = change(ask, random);
        if (changed === undefined || changed === ask) continue;
        tried += 1;
        assert.notEqual(differenceOf(meaningOf(ask), meaningOf(changed)), undefined, `${ask} | ${changed}`);
      }
      assert.ok(tried > 3, `only ${tried} asks could be changed`);
    });
  }

  it('never lets two of all asks share an answer that are not written as paraphrases', () => {
    const unique = [...new Set([...nearMisses, ...paraphrases].flatMap(({ a, b }) => [a, b]))];
    const byKey = new Map<string, PreparedAsk[]>();
    const wrong: string[] = [];
    for (const ask of unique.map(prepareAsk)) {
      const others = byKey.get(ask.meaningKey) ?? [];
      for (const other of others) {
        const isHit = differenceOf(ask.meaning, other.meaning) === undefined;
        if (isHit && !areParaphrases(ask.ask, other.ask)) wrong.push(`${ask.ask} | ${other.ask}`);
      }
      byKey.set(ask.meaningKey, [...others, ask]);
    }
    assert.deepEqual(wrong, []);
  });

  it('finds every ask equal to itself in other spacing', () => {
    for (const ask of asks) {
      const spaced = `  ${ask.replaceAll(' ', '  ')} `;
      assert.equal(differenceOf(meaningOf(ask), meaningOf(spaced)), undefined, ask);
    }
  });
});

const paraphraseGroups = groupsOfParaphrases();

/** Asks that written paraphrases join, also over others. */
function groupsOfParaphrases(): ReadonlyMap<string, object> {
  const groups = new Map<string, Set<string>>();
  for (const [a, b] of [...paraphrases.map((pair) => [pair.a, pair.b] as const), ...ALSO_EQUAL]) {
    const joined = new Set([...(groups.get(a) ?? [a]), ...(groups.get(b) ?? [b])]);
    for (const ask of joined) groups.set(ask, joined);
  }
  return groups;
}

function areParaphrases(one: string, two: string): boolean {
  return paraphraseGroups.get(one) !== undefined && paraphraseGroups.get(one) === paraphraseGroups.get(two);
}
