import assert from 'node:assert/strict';

import type { ClassifierResult, RequestFeatures } from '../../../../daemon/classify/classifier.ts';
import { createRuleClassifier } from '../../../../daemon/classify/rule-classifier.ts';
import { RULE_SIGNALS } from '../../../../daemon/classify/rule-signals.ts';
import type { Classification, Complexity, TaskType } from '../../../../daemon/protocol/vocabulary.ts';
import { featuresOf } from './features-of.ts';

const rules = createRuleClassifier({ maxTurnsBeforeUpgrade: () => 10 });
const signal = new AbortController().signal;

function judge(ask: string, more: Partial<RequestFeatures> = {}): Classification {
  return (rules.classify(featuresOf(ask, more), signal) as ClassifierResult).classification;
}

const article =
  'The committee met on Tuesday and agreed on three measures because the plan had failed. '.repeat(12);

/** The kinds of work that the meaning of each grade names, in words of our own. */
const GRADED: readonly (readonly [Complexity, TaskType, string])[] = [
  ['simple', 'general', 'hello'],
  ['simple', 'general', 'Hi there, how are you?'],
  ['simple', 'general', 'Is a tomato a fruit? Yes or no.'],
  ['simple', 'general', 'Who wrote Moby Dick?'],
  ['simple', 'classification', 'Classify this review as positive or negative: the food was cold'],
  [
    'simple',
    'classification',
    'Extract all email addresses from this text: contact bob@mail.example or ask amy@mail.example',
  ],
  ['simple', 'general', `Summarize this in two sentences: ${article}`],
  ['simple', 'translation', `Translate the following into French: ${article}`],
  ['simple', 'code', 'Format this JSON: {"a":1,"b":[1,2]}'],
  ['moderate', 'code', 'Explain how garbage collection works in Java'],
  ['moderate', 'code', 'Write a Python function that reverses a linked list'],
  ['moderate', 'code', 'How do I use fetch with a timeout in JavaScript?'],
  ['moderate', 'code', 'Add a test for --read that checks the list of files, and mock the repository'],
  ['moderate', 'code', 'Port this function from Ruby to Rust, please'],
  ['moderate', 'creative', 'Write a short story about a dragon who is afraid of fire, about 500 words'],
  ['complex', 'reasoning', 'Design a scalable architecture for a chat system with ten million users'],
  [
    'complex',
    'code',
    'There is a race condition in the payment worker that charges twice. Find the root cause.',
  ],
  ['complex', 'reasoning', 'Plan the migration of our monolith to services, with milestones and risks'],
  ['complex', 'reasoning', 'Prove that the square root of 2 is irrational'],
  ['complex', 'code', 'Implement a lock-free concurrent queue with hazard pointers'],
  ['complex', 'reasoning', 'Compare the legal implications of two data protection laws for a small company'],
];

describe('rule classifier', () => {
  for (const [complexity, taskType, ask] of GRADED) {
    it(`[A8] [A9] calls "${ask.slice(0, 60)}" ${complexity}`, () => {
      assert.equal(judge(ask).complexity, complexity);
    });
    it(`[A10] calls "${ask.slice(0, 60)}" ${taskType}`, () => {
      assert.equal(judge(ask).taskType, taskType);
    });
  }

  it('[A10] calls an ask with an image vision', () => {
    assert.equal(judge('What is wrong here?', { askHasImage: true }).taskType, 'vision');
    assert.equal(judge('', { askHasImage: true }).taskType, 'vision');
  });

  it('[A10] says general when nothing matches', () => {
    for (const ask of ['', '???', 'blue sky over the hills', 'lorem ipsum dolor sit amet']) {
      assert.equal(judge(ask).taskType, 'general');
    }
  });

  it('[A13] takes what it does not understand for moderate, and says how unsure it is', () => {
    const asks = [
      '',
      '…',
      'Warum ist der Himmel blau?',
      'Pourquoi le ciel est bleu ?',
      '请解释一下这段话',
      'これは何ですか',
      'asdf qwer zxcv',
    ];
    for (const ask of asks) {
      const { complexity, confidence } = judge(ask);
      assert.equal(complexity, 'moderate', ask);
      assert.ok(confidence <= 0.2, ask);
    }
  });

  it('[A14] sees more need for a stronger model in a longer order of the same kind', () => {
    const short = judge('rename the variable');
    const long = judge(
      'rename the variable that holds the rows in the reader, the writer, the cache and the three views below it',
    );
    assert.ok(long.needsStronger > short.needsStronger);
    assert.notEqual(long.complexity, 'simple');
  });

  it('[A14] counts technical terms', () => {
    const plain = judge('put the thing into the other thing');
    const technical = judge('put the token into the async queue');
    assert.ok(technical.needsStronger > plain.needsStronger);
    assert.ok(technical.signals.includes('3 technical terms'));
  });

  it('does not let length alone make an ask complex, nor settle that it is hard', () => {
    assert.ok(judge('Put the words on the page. '.repeat(100)).needsStronger < 0.9);
    assert.equal(
      judge('add the following words to the page and then the next ones. '.repeat(60)).complexity,
      'moderate',
    );
  });

  it('[A15] lifts a simple ask in a conversation of more than ten turns to moderate', () => {
    assert.equal(judge('thanks!', { userTurns: 10 }).complexity, 'simple');
    const lifted = judge('thanks!', { userTurns: 11 });
    assert.equal(lifted.complexity, 'moderate');
    assert.ok(lifted.needsStronger > 0.25);
    assert.ok(lifted.signals.some((why) => why.includes('11 user turns')));
  });

  it('[A15] leaves a complex ask of a long conversation complex', () => {
    assert.equal(
      judge('Prove that the square root of 2 is irrational', { userTurns: 30 }).complexity,
      'complex',
    );
  });

  it('[A15] follows the configured number of turns', () => {
    const strict = createRuleClassifier({ maxTurnsBeforeUpgrade: () => 2 });
    const result = strict.classify(featuresOf('hello', { userTurns: 3 }), signal) as ClassifierResult;
    assert.equal(result.classification.complexity, 'moderate');
  });

  const technical = [
    'Find the race condition between the two workers of the payment service and fix the deadlock',
  ];

  for (const ask of [
    'and now?',
    'why?',
    'do the same for orders',
    'what about the second one?',
    'ok, do that',
  ]) {
    it(`[A16] judges "${ask}" with the technical asks before it`, () => {
      assert.equal(judge(ask).complexity, 'simple');
      const followUp = judge(ask, { earlierAsks: technical });
      assert.deepEqual([followUp.complexity, followUp.taskType], ['complex', 'code']);
      assert.ok(followUp.signals.some((why) => why.includes('follow-up')));
    });
  }

  it('[A16] looks past a chain of follow-ups to the ask they hang on', () => {
    const chain = ['and the other?', 'ok, do that', ...technical];
    assert.equal(judge('again', { earlierAsks: chain }).complexity, 'complex');
  });

  it('[A16] leaves thanks and new questions to themselves', () => {
    for (const ask of ['thanks!', 'What is the capital of France?']) {
      assert.equal(judge(ask, { earlierAsks: technical }).complexity, 'simple');
    }
  });

  it('[A16] does not lift a follow-up to small talk', () => {
    assert.equal(judge('why?', { earlierAsks: ['Who wrote Moby Dick?'] }).complexity, 'simple');
  });

  it('does not judge a given text by its words', () => {
    assert.equal(
      judge('Translate this contract clause into Spanish: the supplier is liable').complexity,
      'simple',
    );
    assert.equal(judge(`Summarize: ${article}race condition deadlock architecture`).complexity, 'simple');
  });

  it('does not judge an ask by the code that is pasted with it', () => {
    const code = '```ts\n// why does the architecture deadlock? compare and prove the design\n```';
    assert.notEqual(judge(`rename foo to bar\n${code}`).complexity, 'complex');
  });

  it('agrees with itself: the grade is simple exactly when a stronger model is unlikely to be needed', () => {
    for (const [, , ask] of GRADED) {
      const { complexity, needsStronger } = judge(ask);
      assert.equal(needsStronger <= 0.25, complexity === 'simple', ask);
    }
  });

  it('keeps its numbers within 0..1 and never claims more than 0.8', () => {
    for (const ask of [...GRADED.map((row) => row[2]), '', 'x'.repeat(100_000), 'why is '.repeat(20_000)]) {
      const { confidence, needsStronger } = judge(ask);
      assert.ok(confidence >= 0 && confidence <= 0.8, `${confidence}`);
      assert.ok(needsStronger >= 0 && needsStronger <= 1, `${needsStronger}`);
    }
  });

  it('says why in words', () => {
    const { signals, classifierName } = judge('Why does the parser drop the last token?');
    assert.equal(classifierName, 'rules');
    assert.ok(signals.some((why) => why.includes('cause of a fault')));
    assert.ok(signals.includes('40 characters'));
  });

  it('never quotes the ask, only phrases of its own table', () => {
    const secret = 'zanzibar-4711';
    const { signals } = judge(`why does ${secret} not work in ${secret}.ts?`);
    assert.equal(signals.join(' ').includes(secret), false);
  });

  it('costs nothing', () => {
    assert.equal((rules.classify(featuresOf('hi'), signal) as ClassifierResult).costUsd, 0);
  });
});

describe('the table of signals', () => {
  it('explains every row and repeats no phrase inside of one', () => {
    for (const row of RULE_SIGNALS) {
      assert.ok(row.why.length > 3);
      assert.equal(new Set(row.phrases).size, row.phrases.length, row.why);
      for (const phrase of row.phrases) assert.match(phrase, /^\S+( \S+)*$/, row.why);
    }
  });

  it('only calls rows hard that make an ask harder', () => {
    for (const row of RULE_SIGNALS) assert.ok(row.isHard !== true || row.weight > 0, row.why);
  });
});
