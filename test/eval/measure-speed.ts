// How long the classifier's part of a decision takes, and what its weights cost at the start.

import { readFileSync } from 'node:fs';
import path from 'node:path';

import type { Classifier } from '../../daemon/classify/classifier.ts';
import { createOutcomeHead } from '../../daemon/classify/outcome-head.ts';
import type { OutcomeWeights } from '../../daemon/classify/outcome-head.ts';
import { bareAsk } from './training/ask-head-report.ts';

const ADVERSARIAL_CHARS = 100_000;

/** Texts that make careless code slow. */
const ADVERSARIAL: Readonly<Record<string, string>> = {
  'one word repeated': 'deadlock ',
  'no spaces': 'x',
  'all different words': 'w',
  'mixed scripts': 'ярусπλήθος東京🚀',
  'nested tags': '<a><b ',
  'open fences': '```\n',
  'digits and dots': '1.2.',
};

const weightsFile = path.join(import.meta.dirname, '..', '..', 'daemon', 'classify', 'outcome-weights.json');

export function speedReport(
  classifier: Classifier,
  ordinary: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  const lines: string[] = [];
  for (const [name, asks] of Object.entries(ordinary)) {
    timesOf(classifier, asks);
    const times = timesOf(classifier, asks);
    lines.push(`${name.padEnd(34)} p50 ${at(times, 0.5)} ms  p99 ${at(times, 0.99)} ms`);
  }
  for (const [name, piece] of Object.entries(ADVERSARIAL)) {
    const text = hostile(name, piece);
    timesOf(classifier, [text, text]);
    const times = timesOf(
      classifier,
      Array.from({ length: 15 }, () => text),
    );
    lines.push(`${`100 kB: ${name}`.padEnd(34)} p50 ${at(times, 0.5)} ms  worst ${at(times, 1)} ms`);
  }
  return [...lines, ...startReport()];
}

function hostile(name: string, piece: string): string {
  if (name !== 'all different words')
    return piece.repeat(Math.ceil(ADVERSARIAL_CHARS / piece.length)).slice(0, ADVERSARIAL_CHARS);
  return Array.from({ length: 20_000 }, (_, index) => `w${index.toString(36)}`)
    .join(' ')
    .slice(0, ADVERSARIAL_CHARS);
}

function timesOf(classifier: Classifier, asks: readonly string[]): readonly number[] {
  const signal = new AbortController().signal;
  const times = asks.map((ask) => {
    const features = bareAsk(ask);
    const start = performance.now();
    void classifier.classify(features, signal);
    return performance.now() - start;
  });
  return times.toSorted((left, right) => left - right);
}

function startReport(): readonly string[] {
  const text = readFileSync(weightsFile, 'utf8');
  const start = performance.now();
  const weights = JSON.parse(text) as OutcomeWeights;
  const parsed = performance.now();
  createOutcomeHead(weights);
  const decoded = performance.now();
  return [
    `weights of the outcome head        ${(text.length / 1024).toFixed(0)} KiB, read ${(parsed - start).toFixed(2)} ms,` +
      ` decoded once ${(decoded - parsed).toFixed(2)} ms`,
  ];
}

function at(times: readonly number[], share: number): string {
  return (times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0).toFixed(3);
}
