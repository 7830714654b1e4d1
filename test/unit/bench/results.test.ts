import assert from 'node:assert/strict';

import type { CaseResult } from '../../bench/measure.ts';
import { judge } from '../../bench/goals.ts';
import { CURVE_CASES, MAIN_CASES } from '../../bench/cases.ts';
import { duration, pictureOf } from '../../bench/picture/picture.ts';
import { caseTable } from '../../bench/report.ts';
import type { BenchResults } from '../../bench/results.ts';

const smallChat: CaseResult = {
  id: 'small-32',
  title: 'small chat',
  bodyBytes: 250,
  connections: 32,
  upstream: 'openai-chat',
  driftRatio: 0.1,
  daemonRequests: 5,
  targets: {
    direct: { figures: { requestsPerS: 90_000 }, added: {} },
    pipe: { figures: { requestsPerS: 25_000 }, added: {} },
    daemon: { figures: { requestsPerS: 15_000, processorMsPerRequest: 0.05 }, added: {}, ofPipe: 0.61 },
    portkey: { figures: { requestsPerS: 1_600 }, added: {} },
  },
};

function resultsWith(...cases: readonly CaseResult[]): BenchResults {
  return {
    version: 1,
    day: '2026-11-22',
    isQuick: false,
    machine: { processor: 'A & B', cores: 2, memoryGb: 8, system: 'Linux', node: '24' },
    peers: [],
    startup: { readyMs: 151, allReadyMs: [151], idleMb: 60 },
    cases,
  };
}

function verdictsOf(results: BenchResults): ReadonlyMap<string, string> {
  return new Map(judge(results).map(({ goal, verdict }) => [goal.title, verdict]));
}

describe('judging a result', () => {
  const verdicts = verdictsOf(resultsWith(smallChat));

  it('holds figures against bounds in their direction', () => {
    assert.equal(verdicts.get('1 small chat, c=32: requests/s'), 'ok');
    assert.equal(verdicts.get('5 start to ready'), 'short');
    assert.equal(verdicts.get('5 memory, idle'), 'stretch');
  });

  it('counts how many times as much a peer would have to do', () => {
    assert.equal(verdicts.get('6 small chat, c=32: requests/s'), 'short'); // 9.4 times, not 10
  });

  it('says what was not measured, and does not call it reached', () => {
    assert.equal(verdicts.get('3 streams at once, c=32: streams/s'), 'not measured');
  });

  it('finds the figures of all its goals in a full run', () => {
    const everything = {
      figures: { requestsPerS: 1, joinedRatio: 0, processorMsPerRequest: 1 },
      added: {
        p50Us: 1,
        p99Us: 1,
        firstTokenP50Us: 1,
        firstTokenP99Us: 1,
        tokenDelayP50Us: 1,
        tokenDelayP99Us: 1,
      },
      ofPipe: 1,
    };
    const targets = { pipe: everything, daemon: everything, portkey: everything, ccr: everything };
    const cases = [...MAIN_CASES, ...CURVE_CASES].map(({ id, point }) => ({
      ...smallChat,
      id,
      targets,
      ...(point === undefined ? {} : { point }),
    }));
    const books = { requests: 1, recordedRequests: 1, usageRatio: 1, coverageRatio: 1, cacheHits: 0 };
    const verdicts = verdictsOf({ ...resultsWith(...cases), books, memory: { afterLoadMb: 1 } });
    assert.deepEqual(
      [...verdicts].filter(([, verdict]) => verdict === 'not measured'),
      [],
    );
  });
});

describe('cases of the bench', () => {
  it('have names of their own', () => {
    const ids = [...MAIN_CASES, ...CURVE_CASES].map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });
});

describe('showing a result', () => {
  it('a table has the columns in which somebody has something', () => {
    const table = caseTable(smallChat);
    assert.match(table, /req\/s/);
    assert.doesNotMatch(table, /first token/);
  });

  it('the picture says by how much a peer is behind, and escapes what it writes', () => {
    const svg = pictureOf(resultsWith(smallChat));
    assert.match(svg, />Pointsman: 9\.4 ×</);
    assert.match(svg, />A &amp; B, 2 cores/);
    assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
  });

  it('a picture of an empty result is a picture', () => {
    assert.doesNotMatch(pictureOf(resultsWith()), /NaN|undefined|Infinity/);
  });

  it('writes times as people read them', () => {
    assert.deepEqual([54.4, 999, 1234, 23_456].map(duration), ['54 µs', '999 µs', '1.2 ms', '23 ms']);
  });
});
