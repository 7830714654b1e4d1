import assert from 'node:assert/strict';

import type { AskJudgement } from '../../../../daemon/classify/ask-head.ts';
import type { ClassifierResult, RequestFeatures } from '../../../../daemon/classify/classifier.ts';
import { gradeOfNeeds } from '../../../../daemon/classify/grade.ts';
import { createLearnedClassifier } from '../../../../daemon/classify/learned-classifier.ts';
import type { LearnedClassifierOptions } from '../../../../daemon/classify/learned-classifier.ts';
import type { Outcome } from '../../../../daemon/classify/outcome-head.ts';
import type { Classification, Complexity } from '../../../../daemon/protocol/vocabulary.ts';
import { featuresOf } from './features-of.ts';

const signal = new AbortController().signal;
const maxTurnsBeforeUpgrade = (): number => 10;

function classifyWith(
  options: Partial<LearnedClassifierOptions>,
  ask: string,
  more: Partial<RequestFeatures> = {},
): Classification {
  const classifier = createLearnedClassifier({ maxTurnsBeforeUpgrade, ...options });
  return (classifier.classify(featuresOf(ask, more), signal) as ClassifierResult).classification;
}

function judge(ask: string, more: Partial<RequestFeatures> = {}): Classification {
  return classifyWith({}, ask, more);
}

/** The classifier with both heads replaced by what they are to say. */
function blended(asked: Partial<AskJudgement>, outcome: Partial<Outcome>, words: readonly string[] = []) {
  const judgement: AskJudgement = {
    taskType: 'code',
    taskConfidence: 0.9,
    needs: { needsStronger: 0.1, needsStrongest: 0.02 },
    confidence: 0.9,
    signals: ['told by the ask head'],
    ...asked,
  };
  const told: Outcome = { score: 0, problemShare: 0, codeShare: 0, ...outcome };
  const outcomeHead = { judge: () => told, tellingWords: () => words };
  return classifyWith({ askHead: () => judgement, outcomeHead }, 'any');
}

const hard = { needsStronger: 0.95, needsStrongest: 0.8 };

describe('blend of the two heads', () => {
  it('follows the ask head on a message in the middle of work', () => {
    assert.equal(blended({}, {}).complexity, 'simple');
    assert.equal(blended({ needs: hard }, {}).complexity, 'complex');
  });

  it('puts problems that stand by themselves in the order of the measured outcomes', () => {
    const easier = blended({ needs: hard }, { problemShare: 1, score: -0.5 });
    const harder = blended({}, { problemShare: 1, score: 0.5 });
    assert.ok(harder.needsStronger > easier.needsStronger);
  });

  it('lets the outcomes settle only what is close among messages', () => {
    const close = blended({ needs: { needsStronger: 0.3, needsStrongest: 0.1 } }, { score: -1.5 });
    assert.equal(close.complexity, 'simple');
    assert.equal(blended({ needs: hard }, { score: -3 }).complexity, 'complex');
  });

  it('passes from one to the other without a jump', () => {
    const at = (problemShare: number): number =>
      blended({ needs: hard }, { problemShare, score: 0 }).needsStronger;
    assert.ok(at(0) > at(0.3) && at(0.3) > at(0.7) && at(0.7) > at(1));
  });

  it('keeps apart what differs by little, so that asks can be put in order', () => {
    const at = (score: number): number => blended({}, { problemShare: 1, score }).needsStronger;
    assert.notEqual(at(0.5), at(0.5003));
  });

  it('agrees with itself: grade and probabilities say the same', () => {
    for (const score of [-4, -2, -1, 0, 1, 2, 4]) {
      for (const problemShare of [0, 0.5, 1]) {
        const said = blended({}, { score, problemShare });
        assert.equal(said.complexity, gradeOfNeeds(said));
        assert.ok(said.needsStrongest <= said.needsStronger);
      }
    }
  });

  it('stays finite when the ask head is certain', () => {
    const certain = { needsStronger: 1, needsStrongest: 0 };
    assert.ok(blended({ needs: certain }, { score: -4 }).needsStronger < 1);
  });

  it('is less sure of a grade that the outcomes turned', () => {
    const turned = blended({ needs: { needsStronger: 0.3, needsStrongest: 0.1 } }, { score: -1.5 });
    assert.equal(turned.confidence, 0.5);
    assert.equal(blended({}, {}).confidence, 0.9);
  });

  it('is less sure of a problem near the border of its grade', () => {
    const sure = blended({}, { problemShare: 1, score: -3.5 });
    const unsure = blended({}, { problemShare: 1, score: -1.5 });
    assert.ok(sure.confidence > unsure.confidence);
  });

  it('[A10] calls a problem with code code, and one without not', () => {
    assert.equal(blended({ taskType: 'general' }, { problemShare: 1, codeShare: 1 }).taskType, 'code');
    assert.equal(blended({ taskType: 'code' }, { problemShare: 1, codeShare: 0 }).taskType, 'reasoning');
    assert.equal(blended({ taskType: 'general' }, { problemShare: 1, codeShare: 0 }).taskType, 'general');
    assert.equal(blended({ taskType: 'vision' }, { problemShare: 1, codeShare: 1 }).taskType, 'vision');
    assert.equal(blended({ taskType: 'general' }, { problemShare: 0.3, codeShare: 1 }).taskType, 'general');
  });

  it('says why: the reasons of the ask head, and known words of problems', () => {
    assert.deepEqual(blended({}, { score: 2 }, ['market']).signals, ['told by the ask head']);
    const { signals } = blended({}, { score: 2, problemShare: 1 }, ['market', 'tax']);
    assert.ok(signals.includes('a question by itself'));
    assert.ok(signals.includes('words: market, tax'));
    assert.ok(blended({}, { score: -3, problemShare: 1 }).signals.some((why) => why.includes('rarely')));
    assert.ok(
      blended({}, { problemShare: 1, codeShare: 1 }).signals.includes('a programming task by itself'),
    );
  });
});

describe('learned classifier', () => {
  it('says its name and costs nothing', () => {
    const result = createLearnedClassifier({ maxTurnsBeforeUpgrade }).classify(featuresOf('hi'), signal);
    assert.equal((result as ClassifierResult).costUsd, 0);
    assert.equal(judge('hi').classifierName, 'learned');
  });

  it('[A8] [A9] calls greetings, single facts and small edits simple', () => {
    for (const ask of ['hello', 'thanks!', 'Who wrote Moby Dick?', 'fix the typo in the title'])
      assert.equal(judge(ask).complexity, 'simple', ask);
  });

  it('[A8] [A9] calls architecture and hard debugging complex', () => {
    for (const ask of [
      'Design a scalable architecture for a chat system with ten million users',
      'There is a race condition in the payment worker that charges twice. Find the root cause.',
    ])
      assert.equal(judge(ask).complexity, 'complex', ask);
  });

  it('[A13] takes an empty ask for moderate, without confidence', () => {
    const { complexity, confidence, taskType } = judge('');
    assert.deepEqual([complexity, confidence, taskType], ['moderate', 0, 'general']);
  });

  it('[A10] calls an ask with an image vision', () => {
    assert.equal(judge('what is wrong here?', { askHasImage: true }).taskType, 'vision');
    assert.equal(judge('', { askHasImage: true }).taskType, 'vision');
  });

  it('[A15] lifts a simple ask of a conversation of more than ten turns to moderate', () => {
    assert.equal(judge('thanks!', { userTurns: 10 }).complexity, 'simple');
    const lifted = judge('thanks!', { userTurns: 11 });
    assert.equal(lifted.complexity, 'moderate');
    assert.ok(lifted.signals.some((why) => why.includes('11 user turns')));
  });

  it('[A15] leaves a complex ask of a long conversation as it is', () => {
    const ask = 'Design a scalable architecture for a chat system with ten million users';
    const { needsStronger, needsStrongest } = judge(ask);
    const long = judge(ask, { userTurns: 30 });
    assert.deepEqual([long.needsStronger, long.needsStrongest], [needsStronger, needsStrongest]);
  });

  it('[A15] follows the configured number of turns', () => {
    const strict = classifyWith({ maxTurnsBeforeUpgrade: () => 2 }, 'hello', { userTurns: 3 });
    assert.equal(strict.complexity, 'moderate');
  });

  it('[A16] [B1] judges a follow-up with the technical asks before it', () => {
    const earlierAsks = ['Find the race condition between the two workers and fix the deadlock'];
    for (const ask of ['ok, try that', 'why?', 'do the same for the other one']) {
      const alone = judge(ask);
      const followUp = judge(ask, { earlierAsks });
      assert.ok(followUp.needsStronger > alone.needsStronger, ask);
      assert.notEqual(followUp.complexity, 'simple', ask);
      assert.equal(followUp.taskType, 'code', ask);
    }
  });

  it('[A9] judges plain work on a pasted text by its instruction', () => {
    const log = '2026-03-04T10:00:00Z ERROR [worker-1] deadlock detected, retrying transaction\n'.repeat(60);
    const before = judge(`summarize this\n\n${log}`);
    assert.equal(before.complexity, 'simple');
    assert.ok(before.signals.includes('work on a pasted text, judged by its instruction'));
    const behind = judge(`${log}\ntranslate this to German`);
    assert.deepEqual([behind.taskType, behind.complexity], ['translation', 'simple']);
    assert.equal(judge(`How many errors are in this log?\n${log}`).complexity, 'simple');
  });

  it('[A9] takes plain work on a very long text for moderate, and a log under a greeting', () => {
    const line = '2026-03-04T10:00:00Z ERROR [worker-1] deadlock detected, retrying transaction\n';
    assert.equal(judge(`summarize this\n\n${line.repeat(1300)}`).complexity, 'moderate');
    assert.equal(judge(`hi\n\n${line.repeat(20)}`).complexity, 'moderate');
  });

  it('[A8] leaves real work on a pasted text as hard as it is', () => {
    const log = '2026-03-04T10:00:00Z ERROR [worker-1] deadlock detected, retrying transaction\n'.repeat(60);
    for (const order of ['why does this happen?', 'Debug this please', 'fix it and summarize the cause']) {
      const said = judge(`${log}\n${order}`);
      assert.notEqual(said.complexity, 'simple', order);
      assert.ok(!said.signals.some((why) => why.includes('pasted text')), order);
    }
  });

  it('judges an instruction with its text by the text and not by the asks before it', () => {
    const ask = `How many errors are in this log?\n\n${'2026-03-04T10:00:00Z INFO request served\n'.repeat(20)}`;
    const earlierAsks = ['Find the race condition between the two workers and fix the deadlock'];
    assert.equal(judge(ask, { earlierAsks }).needsStronger, judge(ask).needsStronger);
  });

  it('does not split an instruction that the ask head finds hard itself', () => {
    const ask = `summarize this\n\n${'2026-03-04T10:00:00Z INFO request served\n'.repeat(20)}`;
    const asks: string[] = [];
    const judged = (features: RequestFeatures): AskJudgement => {
      asks.push(features.ask);
      const signals: readonly string[] = [];
      return { taskType: 'code', taskConfidence: 1, needs: hard, confidence: 0.9, signals };
    };
    assert.equal(classifyWith({ askHead: judged }, ask).complexity, 'complex');
    assert.deepEqual(asks, ['summarize this', ask]);
  });

  it('does not take another language for a hard ask', () => {
    for (const ask of [
      'Wie spät ist es?',
      'Pourquoi le ciel est bleu ?',
      '请解释一下这段话',
      'これは何ですか',
    ])
      assert.notEqual(judge(ask).complexity, 'complex', ask);
  });

  it('never quotes the ask', () => {
    const secret = 'zanzibar4711';
    for (const ask of [
      `why does ${secret} not work in ${secret}.ts?`,
      `In which year was ${secret} founded, and which of its kings was the first to be crowned there?`,
    ])
      assert.ok(!judge(ask).signals.join(' ').toLowerCase().includes('zanzibar'), ask);
  });

  it('answers for any text, with numbers within 0..1', () => {
    for (const ask of ['x'.repeat(100_000), 'why is '.repeat(14_000), '<a>'.repeat(33_000), '\ud800', '🚀']) {
      const { confidence, needsStronger, needsStrongest } = judge(ask);
      for (const value of [confidence, needsStronger, needsStrongest])
        assert.ok(value >= 0 && value <= 1, ask.slice(0, 20));
    }
  });
});

/** What plain people ask, and the grades that a reasonable person would give it. */
const PLAIN_ASKS: readonly {
  readonly behaviour: string;
  readonly allowed: readonly Complexity[];
  readonly asks: readonly string[];
}[] = [
  {
    behaviour: '[A9] never calls a definition or a short explanation complex',
    allowed: ['simple', 'moderate'],
    asks: ['What is dependency injection and why is it useful?', 'Explain what a hash table is'],
  },
  {
    behaviour: '[A9] calls short verses simple',
    allowed: ['simple'],
    asks: ['Write a haiku about autumn', 'limerick about a lazy dog'],
  },
  {
    behaviour: '[A9] calls a piece of some length moderate',
    allowed: ['moderate'],
    asks: ['Write a 1000 word short story about a clockmaker'],
  },
  {
    behaviour: '[A9] calls everyday questions simple',
    allowed: ['simple'],
    asks: ['What should we have for dinner?', 'How long does it take to boil rice?'],
  },
  {
    behaviour: '[A9] calls a small plan moderate',
    allowed: ['moderate'],
    asks: [
      'Plan a three day trip to Rome with museums and food, with a budget',
      'Plan a five day trip to Barcelona with beaches and tapas, with a budget',
    ],
  },
  {
    behaviour: '[A9] calls a sum told in words moderate',
    allowed: ['moderate'],
    asks: ['If a train leaves at 3pm going 60 mph and another at 4pm at 80 mph, when do they meet?'],
  },
  {
    behaviour: '[A9] never calls one symptom of a known kind complex',
    allowed: ['simple', 'moderate'],
    asks: ['Why does this useEffect run twice?', 'Why does 0.1 + 0.2 not equal 0.3 in JavaScript?'],
  },
  {
    behaviour: '[A9] never calls a pattern, a query or a small function complex',
    allowed: ['simple', 'moderate'],
    asks: [
      'write a regex that matches emails',
      'sql query to get the top 5 customers by revenue',
      'Write a function that merges overlapping intervals',
    ],
  },
  {
    behaviour: '[A9] still calls hard engineering complex',
    allowed: ['complex'],
    asks: [
      'Implement a lock-free queue in C++ with multiple producers',
      'our worker sometimes processes the same job twice, only in production. find out why',
      'How should we migrate from a single database to shards without downtime?',
    ],
  },
];

describe('plain asks of every kind', () => {
  for (const { behaviour, allowed, asks } of PLAIN_ASKS) {
    it(behaviour, () => {
      for (const ask of asks) {
        const { complexity } = judge(ask);
        assert.ok(allowed.includes(complexity), `${complexity}: ${ask}`);
      }
    });
  }
});
