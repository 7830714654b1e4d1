import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import {
  ASK_HEAD_DENSE,
  ASK_HEAD_FLAGS,
  ASK_HEAD_TASKS,
} from '../../../../daemon/classify/ask-head-features.ts';
import { askHead } from '../../../../daemon/classify/ask-head.ts';
import type { AskJudgement } from '../../../../daemon/classify/ask-head.ts';
import data from '../../../../daemon/classify/ask-head-weights.json' with { type: 'json' };
import type { RequestFeatures } from '../../../../daemon/classify/classifier.ts';
import { gradeOfNeeds } from '../../../../daemon/classify/grade.ts';
import type { Complexity, TaskType } from '../../../../daemon/protocol/vocabulary.ts';
import { featuresOf } from './features-of.ts';

function judge(ask: string, more: Partial<RequestFeatures> = {}): AskJudgement {
  return askHead(featuresOf(ask, more));
}

function gradeOf(ask: string, more: Partial<RequestFeatures> = {}): Complexity {
  return gradeOfNeeds(judge(ask, more).needs);
}

/**
 * Plain examples of the meaning of the grades; one in five is also an ask of the corpus, others have
 * neighbours there that were added because they failed: this pins behaviour, it measures nothing.
 */
const GRADED: readonly (readonly [Complexity, string])[] = [
  ['simple', 'Hello!'],
  ['simple', 'Good afternoon'],
  ['simple', 'Hi, how are you today?'],
  ['simple', 'Thanks, that helps a lot!'],
  ['simple', 'Yes'],
  ['simple', 'Is Python dynamically typed?'],
  ['simple', 'Is the Earth round? Answer yes or no.'],
  ['simple', 'Does HTTP/2 use TCP?'],
  ['simple', 'What is the capital of France?'],
  ['simple', 'Who painted the Mona Lisa?'],
  ['simple', 'What year did the Berlin Wall fall?'],
  ['simple', 'How many continents are there?'],
  ['simple', 'What is 2 + 2?'],
  ['simple', 'What does SQL stand for?'],
  ['simple', 'What is the default port for HTTPS?'],
  ['simple', 'Classify the sentiment of this tweet: "I love this phone"'],
  ['simple', 'Classify this text as spam or not spam: "Buy now and get 50% off!"'],
  ['simple', 'Is the following review positive or negative? "The plot was boring."'],
  ['simple', 'Categorize this support ticket as billing, technical or account: "I cannot log in"'],
  ['simple', 'Label this message as urgent or not urgent: "The server room is on fire"'],
  ['simple', 'Extract all e-mail addresses from this text: contact jane@doe.example and info@acme.example'],
  ['simple', 'Extract the product name and price: "The UltraWidget costs $49.99"'],
  [
    'simple',
    'Summarize in one sentence: The forest is home to millions of species. Deforestation threatens it.',
  ],
  ['simple', 'Translate this to French: I would like a cup of coffee.'],
  ['simple', 'Translate the following sentence into German: The weather is nice today.'],
  ['simple', 'How do you say "good morning" in Italian?'],
  ['simple', 'Übersetze diesen Satz ins Englische: Das Wetter ist schön.'],
  ['simple', 'Format this JSON: {"name":"Bob","age":5}'],
  ['simple', 'Fix the spelling in this sentence: I beleive it is definately true'],
  ['simple', 'run the tests'],
  ['simple', 'fix lint'],
  ['simple', 'commit this'],
  ['simple', 'rename compare_plans to comparePlans'],
  ['moderate', 'Explain how OAuth works'],
  ['moderate', 'Explain the difference between TCP and UDP'],
  ['moderate', 'How does garbage collection work in Java?'],
  ['moderate', 'Explain how a binary search tree works with an example'],
  ['moderate', 'Explain the main causes of inflation'],
  ['moderate', 'Write a function that reverses a linked list'],
  ['moderate', 'Write a Python function to compute the factorial of a number'],
  ['moderate', 'Write a SQL query to find the second highest salary'],
  ['moderate', 'Write a regex that validates an email address'],
  ['moderate', 'How do I make a POST request with the fetch API?'],
  ['moderate', 'How do I use the GitHub API to create an issue?'],
  ['moderate', 'Show me how to read a file line by line in Python'],
  ['moderate', 'Describe the steps to set up a CI pipeline with GitHub Actions'],
  ['moderate', 'Write unit tests for the calculator module'],
  ['moderate', 'Add a test for --read that checks the list of files, and mock the repository'],
  ['complex', 'Design a distributed rate limiter for 10 regions'],
  ['complex', 'Design the architecture of a real-time chat application for one million users'],
  ['complex', 'Compare the legal implications of GPL and MIT for a SaaS product'],
  ['complex', 'Analyze the legal risks of using customer data to train a model under GDPR'],
  ['complex', 'Compare and contrast three database architectures for a high-traffic application'],
  ['complex', 'Debug this race condition: two threads update the balance and sometimes money disappears'],
  ['complex', 'Debug why my multithreaded server deadlocks under load'],
  ['complex', 'Find the root cause of the memory leak in this service'],
  ['complex', 'why does this deadlock?'],
  ['complex', 'Plan the migration of a monolith to services'],
  ['complex', 'Create a detailed project plan for migrating our database to the cloud with no downtime'],
  ['complex', 'Prove that the square root of 2 is irrational'],
  ['complex', 'Prove that there is no largest prime number'],
  ['complex', 'Solve this step by step: a farmer has to cross a river with a wolf, a goat and a cabbage'],
  ['complex', 'Implement a distributed consensus algorithm such as Raft in Go'],
  ['complex', 'Implement a B-tree with insertion and deletion from scratch in C++'],
  ['complex', 'Build a compiler for a small language with a type system'],
  ['complex', 'Evaluate the trade-offs between event sourcing and CRUD for a banking system'],
];

const TYPED: readonly (readonly [TaskType, string])[] = [
  ['code', 'Write a Python function to compute the factorial of a number'],
  ['code', 'Debug why my multithreaded server deadlocks under load'],
  ['code', 'Fix the bug in this function: def add(a, b): return a - b'],
  ['code', 'Refactor this class to use dependency injection'],
  ['code', 'run the tests'],
  ['code', 'rename compare_plans to comparePlans'],
  ['code', 'Write a SQL query to find the second highest salary'],
  ['classification', 'Classify this text as spam or not spam: "Buy now and get 50% off!"'],
  ['classification', 'Is the following review positive or negative? "The plot was boring."'],
  ['classification', 'Categorize this support ticket as billing, technical or account: "I cannot log in"'],
  ['classification', 'Extract all e-mail addresses from this text: contact jane@doe.example'],
  ['reasoning', 'Prove that there is no largest prime number'],
  ['reasoning', 'Compare the advantages and disadvantages of remote work'],
  ['reasoning', 'Design the architecture of a real-time chat application for one million users'],
  ['reasoning', 'Analyze the legal risks of using customer data to train a model under GDPR'],
  ['translation', 'Translate the following sentence into German: The weather is nice today.'],
  ['translation', 'How do you say "good morning" in Italian?'],
  ['translation', 'Traduce esto al inglés: Buenos días'],
  ['creative', 'Write a haiku about autumn'],
  ['creative', 'Write a short story about a robot who learns to love'],
  ['creative', 'Write a slogan for a coffee shop'],
  ['vision', 'Describe what you see in this picture'],
  ['general', 'Hello!'],
  ['general', 'What is the tallest mountain in the world?'],
  ['general', 'Explain how OAuth works'],
  [
    'general',
    'Summarize in one sentence: The forest is home to millions of species. Deforestation threatens it.',
  ],
];

/** Words that a table of keywords falls for. */
const TRAPS: readonly (readonly [Complexity, string])[] = [
  ['simple', "what does 'architecture' mean?"],
  ['simple', "is the function 'debug_all' used?"],
  ['simple', 'Translate to Spanish: Design a scalable architecture and prove that it cannot deadlock.'],
  [
    'simple',
    `Summarize this: ${'We compared the plans and debugged the architecture of the race condition. '.repeat(20)}`,
  ],
  ['complex', 'it still shows nothing'],
];

/** What agents ask the agents that they start, and what only sounds like it. */
const DELEGATED: readonly (readonly [Complexity, string])[] = [
  ['simple', 'Search for every import of `moneyOf` and return the file paths only.'],
  ['simple', 'List the files in lib/ that define a class. Do not edit anything.'],
  [
    'simple',
    '## Context\nWe compare two designs of the whole architecture.\n\n## Task\nFind the file that defines `Ledger`.\n\n## Return\nThe path.',
  ],
  ['moderate', 'Explore the sync module and explain how conflicts are solved, with the files involved.'],
  ['moderate', 'Implement `zip(left, right)` in src/list.ts with unit tests. Report the changed files.'],
  ['complex', 'Investigate why the worker loses messages under load. Report the root cause, do not fix it.'],
  ['complex', 'Find the cause of the deadlock in the job queue. Return file and line with the evidence.'],
];

describe('ask head', () => {
  for (const [complexity, ask] of GRADED) {
    it(`[A8] [A9] grades "${ask.slice(0, 60)}" ${complexity}`, () => {
      assert.equal(gradeOf(ask), complexity);
    });
  }

  for (const [taskType, ask] of TYPED) {
    it(`[A10] calls "${ask.slice(0, 60)}" ${taskType}`, () => {
      assert.equal(judge(ask).taskType, taskType);
    });
  }

  for (const [complexity, ask] of TRAPS) {
    it(`[A9] is not led by single words: "${ask.slice(0, 60)}" is ${complexity}`, () => {
      assert.equal(gradeOf(ask), complexity);
    });
  }

  for (const [complexity, ask] of DELEGATED) {
    it(`[A9] grades what an agent delegates: "${ask.slice(0, 60).replaceAll('\n', ' ')}" is ${complexity}`, () => {
      assert.equal(gradeOf(ask), complexity);
    });
  }

  it('[A9] tells an order from the material below it', () => {
    const material =
      'Compare the architectures, debug the race condition, plan the migration and prove it correct.';
    for (const order of ['make this bold', 'add this line to the readme', 'use this as the title'])
      assert.notEqual(gradeOf(`${order}: ${material}`), 'complex', order);
    assert.equal(gradeOf(material), 'complex');
  });

  it('[A10] calls an ask with an image vision, whatever its words', () => {
    for (const ask of ['Write a function like this one', 'what is it?', ''])
      assert.equal(judge(ask, { askHasImage: true }).taskType, 'vision');
  });

  it('[A13] takes what it does not understand for moderate, and says that it does not know', () => {
    for (const ask of [
      '',
      '…',
      '???',
      'zzz qqq xxyzz',
      'Dlaczego niebo jest niebieskie?',
      '하늘은 왜 파란가요?',
    ]) {
      const { confidence, needs } = judge(ask);
      assert.equal(gradeOfNeeds(needs), 'moderate', ask);
      assert.ok(confidence <= 0.2, `${ask} ${confidence}`);
    }
  });

  it('[A14] sees more need for a stronger model in a longer order of the same kind', () => {
    const short = judge('rename the variable');
    const long = judge(
      'rename the variable that holds the rows in the reader, the writer, the cache and the three views below it, and update the docs if they mention it',
    );
    assert.ok(long.needs.needsStronger > short.needs.needsStronger + 0.2);
    assert.ok(short.signals.includes('19 characters'));
  });

  it('[A14] tells work that is full of technical terms from talk of the same length', () => {
    const plain = judge('the soup and the bread are on the table in the kitchen');
    const technical = judge('the mutex and the queue deadlock on shutdown of the worker');
    assert.ok(technical.needs.needsStronger > plain.needs.needsStronger);
    assert.equal(technical.taskType, 'code');
  });

  const hard = [
    'Find the race condition between the two workers of the payment service and fix the deadlock',
  ];

  for (const ask of [
    'and now?',
    'why?',
    'yes',
    'do it',
    'ok, try that',
    'same for the other file',
    '继续',
    'weiter',
  ]) {
    it(`[A16] [B1] judges "${ask}" with the ask before it`, () => {
      const followUp = judge(ask, { earlierAsks: hard });
      assert.deepEqual([gradeOfNeeds(followUp.needs), followUp.taskType], ['complex', 'code']);
      assert.ok(followUp.signals.some((why) => why.includes('follow-up')));
    });
  }

  it('[A16] [B1] looks past go-aheads to the ask they hang on', () => {
    assert.equal(gradeOf('again', { earlierAsks: ['and the other?', 'ok, do that', ...hard] }), 'complex');
  });

  it('[A16] [B1] lets the newest of the asks before count most', () => {
    const poem = 'Write a poem about rain';
    const code = 'Write a Python function to compute the factorial of a number';
    assert.equal(judge('ok do it', { earlierAsks: [poem, code] }).taskType, 'creative');
    assert.equal(judge('ok do it', { earlierAsks: [code, poem] }).taskType, 'code');
  });

  it('[A16] leaves thanks, greetings and new questions to themselves', () => {
    for (const ask of [
      'thanks!',
      'hello',
      'danke',
      'thanks, that fixed it',
      'What is the capital of France?',
    ]) {
      assert.equal(gradeOf(ask, { earlierAsks: hard }), 'simple', ask);
      assert.equal(judge(ask, { earlierAsks: hard }).taskType, 'general', ask);
    }
  });

  it('[A16] does not lift a follow-up to small talk', () => {
    assert.notEqual(
      gradeOf('ok do it', { earlierAsks: ['Translate this to French: good morning'] }),
      'complex',
    );
  });

  it('keeps its numbers within 0..1, the second need never above the first', () => {
    for (const [, ask] of [...GRADED, ...TRAPS, ['simple', 'x'.repeat(50_000)] as const]) {
      const { needs, confidence, taskConfidence } = judge(ask);
      for (const value of [needs.needsStronger, needs.needsStrongest, confidence, taskConfidence])
        assert.ok(value >= 0 && value <= 1, ask);
      assert.ok(needs.needsStrongest <= needs.needsStronger, ask);
    }
  });

  it('says the same each time', () => {
    for (const [, ask] of GRADED.slice(0, 10)) assert.deepEqual(judge(ask), judge(ask));
  });

  it('never quotes the ask', () => {
    const secret = 'zanzibar-4711';
    const { signals } = judge(`why does ${secret} not work in ${secret}.ts with "${secret}"?`);
    assert.ok(signals.length >= 2);
    assert.equal(signals.join(' ').includes(secret), false);
  });
});

describe('the weights of the ask head', () => {
  it('belong to the features as they are: a changed rule or concept needs a new training', () => {
    assert.deepEqual(data.denseNames, ASK_HEAD_DENSE);
    const names = data.outputs.map((output) => output.name);
    assert.deepEqual(names, [...ASK_HEAD_TASKS, ...ASK_HEAD_FLAGS]);
    for (const output of data.outputs) assert.equal(output.dense.length, ASK_HEAD_DENSE.length);
  });

  it('stay below 300 kB', () => {
    const file = path.join(import.meta.dirname, '../../../../daemon/classify/ask-head-weights.json');
    assert.ok(readFileSync(file).length < 300_000);
  });
});
