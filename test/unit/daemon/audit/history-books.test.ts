import assert from 'node:assert/strict';
import { HistoryBooks } from '../../../../daemon/audit/history-books.ts';
import type { HistoryCall } from '../../../../daemon/audit/history-record.ts';
import type { Classifier, RequestFeatures } from '../../../../daemon/classify/classifier.ts';

const AT_MS = Date.UTC(2026, 10, 1);

/** Long asks are complex. */
function listeningClassifier(): Classifier & { readonly heard: RequestFeatures[] } {
  const heard: RequestFeatures[] = [];
  return {
    name: 'by-length',
    heard,
    classify(features) {
      heard.push(features);
      const isLong = features.ask.length > 20;
      return {
        classification: {
          taskType: 'code',
          complexity: isLong ? 'complex' : 'simple',
          confidence: 1,
          needsStronger: isLong ? 0.9 : 0.1,
          needsStrongest: isLong ? 0.8 : 0.05,
          classifierName: 'by-length',
          signals: ['a word of the ask'],
        },
        costUsd: 0,
      };
    },
  };
}

function call(more: Partial<HistoryCall> = {}): HistoryCall {
  return {
    conversation: 'c',
    isSide: false,
    key: null,
    variant: null,
    atMs: AT_MS,
    model: 'm',
    provider: null,
    usage: {
      inputTokens: 10,
      cacheReadInputTokens: 0,
      cacheCreationInputTokens: 0,
      outputTokens: 5,
      reasoningOutputTokens: 0,
    },
    cacheWrite1hTokens: 0,
    serviceTier: null,
    reportedCostUsd: null,
    ...more,
  };
}

const ask = (text: string) => ({ conversation: 'c', text, hasImage: false });

describe('books of a history', () => {
  it('[A48] give every request of a tool loop the grade of the ask that it works on', () => {
    const books = new HistoryBooks(listeningClassifier());
    const sink = books.sinkFor('codex');
    sink.ask(ask('hello'));
    sink.call(call());
    sink.ask(ask('design a cache that survives restarts'));
    sink.call(call());
    sink.call(call());
    assert.deepEqual(
      books.calls.map(({ ask: { classification }, start }) => [classification.complexity, start]),
      [
        ['simple', 'ask'],
        ['complex', 'ask'],
        ['complex', 'none'],
      ],
    );
    assert.equal(books.asks, 2);
  });

  it('tell the classifier what was asked before, newest first', () => {
    const classifier = listeningClassifier();
    const sink = new HistoryBooks(classifier).sinkFor('codex');
    for (const text of ['one', 'two', 'three', 'four', 'five']) {
      sink.ask(ask(text));
      sink.call(call());
    }
    const last = classifier.heard.at(-1);
    assert.deepEqual(last?.earlierAsks, ['four', 'three', 'two']);
    assert.equal(last.userTurns, 5);
  });

  it('take asks without an answer between them for one turn', () => {
    const classifier = listeningClassifier();
    const sink = new HistoryBooks(classifier).sinkFor('codex');
    sink.ask(ask('here is a file'));
    sink.ask(ask('what is wrong with it?'));
    sink.call(call());
    assert.equal(classifier.heard[0]?.userTurns, 1);
  });

  it('judge an ask once that was asked before in the same place', () => {
    const classifier = listeningClassifier();
    const books = new HistoryBooks(classifier);
    for (const file of ['one', 'two']) {
      const sink = books.sinkFor('codex');
      sink.ask(ask('hello'));
      sink.call(call({ conversation: file }));
      sink.call(call());
    }
    assert.equal(classifier.heard.filter((heard) => heard.ask === 'hello').length, 1);
  });

  it('let the asks that were judged stand for the others where there are too many', () => {
    const classifier = listeningClassifier();
    const books = new HistoryBooks(classifier, { maxJudgedAsks: 2 });
    const sink = books.sinkFor('codex');
    for (const text of ['one', 'design a cache that survives restarts', 'three', 'four', 'five', 'six']) {
      sink.ask(ask(text));
      sink.call(call());
    }
    assert.equal(classifier.heard.length, 2);
    assert.equal(books.unjudgedAsks, 4);
    const grades = books.calls.map((one) => one.ask.classification.complexity);
    assert.deepEqual(grades, ['simple', 'complex', 'simple', 'complex', 'simple', 'complex']);
  });

  it('keep no text of an ask', () => {
    const books = new HistoryBooks(listeningClassifier());
    const sink = books.sinkFor('codex');
    sink.ask(ask('a canary that sings'));
    sink.call(call());
    assert.doesNotMatch(JSON.stringify(books.calls), /canary|word of the ask/);
  });

  it('count one call once, in whatever files its copies stand, with its last usage', () => {
    const books = new HistoryBooks(listeningClassifier());
    const first = call({ key: 'k' });
    books.sinkFor('claude-code').call(first);
    books.sinkFor('claude-code').call({ ...first, usage: { ...first.usage, outputTokens: 90 } });
    books.sinkFor('claude-code').call(first);
    assert.equal(books.calls.length, 1);
    assert.equal(books.calls[0]?.usage.outputTokens, 90);
  });

  it('count calls apart that have one key but are known to be two', () => {
    const books = new HistoryBooks(listeningClassifier());
    const sink = books.sinkFor('claude-code');
    for (const variant of ['req_1', 'req_2', 'req_1', 'req_2', null]) sink.call(call({ key: 'k', variant }));
    assert.equal(books.calls.length, 2);
  });

  it('leave out what was before the time that is asked for', () => {
    const books = new HistoryBooks(listeningClassifier(), { sinceMs: AT_MS });
    const sink = books.sinkFor('codex');
    sink.call(call({ atMs: AT_MS - 1 }));
    sink.call(call());
    assert.equal(books.calls.length, 1);
  });

  it('name the beginning of a sub-agent and of a summed-up conversation', () => {
    const books = new HistoryBooks(listeningClassifier());
    const sink = books.sinkFor('codex');
    sink.call(call({ conversation: 'side', isSide: true }));
    sink.ask(ask('hello'));
    sink.call(call());
    sink.compacted('c');
    sink.call(call());
    assert.deepEqual(
      books.calls.map(({ start }) => start),
      ['subagent', 'ask', 'compaction'],
    );
  });
});
