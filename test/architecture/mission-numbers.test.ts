// What the product must do is numbered. Every number that is built has a test that carries it in its title, as [A13];
// this guard keeps a number from getting lost when tests move.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const tests = path.join(import.meta.dirname, '..');

/** Part A: what the five source systems have, as far as it is built. */
const BUILT = [
  1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
  31, 32, 33, 34, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 50, 51, 52,
];

/** Part B: what the best systems have beyond that. */
const BUILT_BEYOND = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** Part C: what nobody else has. */
const BUILT_ALONE = [1, 2, 3, 4, 5, 7, 9, 11, 12];

describe('numbered requirements', () => {
  const titles = readdirSync(tests, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(path.join(tests, name), 'utf8'))
    .flatMap((text) =>
      [...text.matchAll(/\b(?:it|describe)\(\s*(['"`])((?:(?!\1).)*)\1/gs)].map((match) => match[2] ?? ''),
    );

  for (const label of [
    ...BUILT.map((number) => `A${number}`),
    ...BUILT_BEYOND.map((number) => `B${number}`),
    ...BUILT_ALONE.map((number) => `C${number}`),
  ]) {
    it(`number ${label} is carried by the title of a test`, () => {
      assert.ok(titles.some((title) => title.includes(`[${label}]`)));
    });
  }
});
