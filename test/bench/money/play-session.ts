// Plays one planned session against whoever answers: the daemon over HTTP, or a policy on paper. What the session does is
// the same either way; only failed steps, which are tried again, depend on the models that answer.

import { Conversation, type Frame, type Item } from './conversation.ts';
import { frameOf, TITLE_FRAME } from './program-frames.ts';
import type { CallClass, Habits } from './client-wire.ts';
import { createRandom, type Random } from './random.ts';
import {
  MAX_STEP_ATTEMPTS,
  type Assumptions,
  type Difficulty,
  type Noise,
  type PlannedStep,
  type SessionPlan,
} from './session-plan.ts';
import type { Tier } from './model-sets.ts';
import { agentAsk, BYTES_PER_TOKEN, codeText, errorText, fileName, proseText, userAsk } from './texts.ts';

/** What a model is to do with one request. */
export interface Turn {
  readonly outputTokens: number;
  /** The call that a tool loop goes on with; null = words only. */
  readonly call: { readonly name: string; readonly input: string } | null;
  /** The last step of a task: done in words when it does not fail. */
  readonly isFinal: boolean;
  /** When the model fails; null = it cannot. */
  readonly trial: { readonly difficulty: Difficulty; readonly draw: number } | null;
  readonly textSeed: number;
}

export interface Request {
  readonly conversation: Conversation;
  readonly callClass: CallClass;
  readonly turn: Turn;
  /** Counts through the session; requests of one number belong to one task. */
  readonly task: number;
  /** Of the whole task, and of this step as the naive router misreads it. */
  readonly difficulty: Difficulty;
  readonly noise: Noise;
  /** The first request of an ask. */
  readonly isAsk: boolean;
}

export interface Answer {
  readonly text: string;
  readonly call: { readonly id: string; readonly name: string; readonly input: string } | null;
  readonly hasFailed: boolean;
  readonly tier: Tier;
}

export interface Answerer {
  ask(request: Request): Answer | Promise<Answer>;
}

export interface SessionClock {
  readonly now: () => number;
  readonly advance: (byMs: number) => void;
}

export interface PlayInput {
  readonly plan: SessionPlan;
  readonly assumptions: Assumptions;
  readonly habits: Habits;
  readonly sessionId: string;
  readonly clock: SessionClock;
  readonly answerer: Answerer;
}

export async function playSession(input: PlayInput): Promise<void> {
  await new SessionPlayer(input).play();
}

const SUMMARY_ASK =
  'Write a detailed summary of the conversation so far, with the files that were looked at, what was changed, and what is left to do.';

class SessionPlayer {
  readonly #input: PlayInput;
  readonly #random: Random;
  readonly #main: Conversation;
  #task = 0;
  #agents = 0;

  constructor(input: PlayInput) {
    this.#input = input;
    this.#random = createRandom(input.plan.textSeed);
    this.#main = this.#conversation('main', frameOf('main', input.assumptions.baseTokens));
  }

  async play(): Promise<void> {
    const { plan, clock } = this.#input;
    for (const task of plan.tasks) {
      clock.advance(task.thinkS * 1000);
      const ask = userAsk(this.#random, task.difficulty);
      for (let index = 0; index < task.backgroundCalls; index += 1) await this.#title(ask, task.difficulty);
      for (const { difficulty, noise, steps } of task.subAgents) {
        const agent = this.#conversation(
          'subagent',
          frameOf('subagent', this.#input.assumptions.subAgentBaseTokens),
        );
        await this.#serve(agent, { difficulty, noise, steps, ask: agentAsk(this.#random, difficulty) });
      }
      await this.#serve(this.#main, { ...task, ask });
    }
  }

  async #title(ask: string, difficulty: Difficulty): Promise<void> {
    const conversation = this.#conversation('background', TITLE_FRAME);
    conversation.add({ kind: 'user', text: `${ask}\n\nWrite a title for this conversation.` });
    await this.#input.answerer.ask({
      conversation,
      callClass: 'auxiliary',
      turn: this.#turn({ outputTokens: 60 }),
      task: (this.#task += 1),
      difficulty,
      noise: NO_NOISE,
      isAsk: false,
    });
  }

  async #serve(
    conversation: Conversation,
    work: {
      readonly difficulty: Difficulty;
      readonly noise: Noise;
      readonly steps: readonly PlannedStep[];
      readonly ask: string;
    },
  ): Promise<void> {
    const { assumptions, clock } = this.#input;
    const isMain = conversation.kind === 'main';
    this.#task += 1;
    conversation.add({ kind: 'user', text: work.ask });
    let carriedTokens = 0;
    let pending: { readonly callId: string; readonly error: string | null } | null = null;
    let isFirst = true;
    for (const [index, step] of work.steps.entries()) {
      const call = this.#call();
      const error = errorText(this.#random);
      for (let attempt = 0; attempt < MAX_STEP_ATTEMPTS; attempt += 1) {
        carriedTokens += step.growthTokens;
        if (pending !== null) {
          conversation.add(this.#result(pending, carriedTokens));
          carriedTokens = 0;
        }
        const turn = this.#turn({
          outputTokens: step.outputTokens,
          call,
          isFinal: index === work.steps.length - 1,
          trial: { difficulty: step.difficulty, draw: step.draws[attempt] ?? 1 },
        });
        const answer = await this.#ask(conversation, turn, work, step, isFirst);
        isFirst = false;
        pending = this.#take(conversation, answer, error);
        clock.advance(assumptions.stepS * (isMain ? 1000 : 300));
        if (isMain && conversation.refTokens > assumptions.compactAtTokens) {
          await this.#compact(conversation, pending, work);
          pending = null;
        }
        if (!answer.hasFailed) break;
      }
    }
    if (pending !== null) conversation.add(this.#result(pending, 20));
  }

  async #ask(
    conversation: Conversation,
    turn: Turn,
    work: { readonly difficulty: Difficulty },
    step: PlannedStep,
    isAsk: boolean,
  ): Promise<Answer> {
    return this.#input.answerer.ask({
      conversation,
      callClass: conversation.kind === 'main' ? 'main' : 'subagent',
      turn,
      task: this.#task,
      difficulty: work.difficulty,
      noise: step.noise,
      isAsk,
    });
  }

  #take(conversation: Conversation, answer: Answer, error: string) {
    const { text, call } = answer;
    conversation.add({ kind: 'assistant', text, call });
    return call === null ? null : { callId: call.id, error: answer.hasFailed ? error : null };
  }

  async #compact(
    conversation: Conversation,
    pending: { readonly callId: string; readonly error: string | null } | null,
    work: { readonly difficulty: Difficulty; readonly ask: string },
  ): Promise<void> {
    const { answerer, assumptions, clock } = this.#input;
    if (pending !== null) conversation.add(this.#result(pending, 50));
    conversation.add({ kind: 'user', text: SUMMARY_ASK });
    const { text } = await answerer.ask({
      conversation,
      callClass: 'compaction',
      turn: this.#turn({ outputTokens: assumptions.summaryOutputTokens }),
      task: this.#task,
      difficulty: work.difficulty,
      noise: NO_NOISE,
      isAsk: false,
    });
    clock.advance(assumptions.stepS * 1000);
    const restBytes = assumptions.summaryTokens * BYTES_PER_TOKEN - text.length;
    const summary = `This session is being continued from a previous conversation that ran out of context. The conversation is summarized below:\n${text}\n${codeText(this.#random, restBytes)}\n\nContinue with the last task that you were asked to work on: ${work.ask}`;
    conversation.restart([{ kind: 'user', text: summary }]);
  }

  #result(pending: { readonly callId: string; readonly error: string | null }, tokens: number): Item {
    const body = codeText(this.#random, tokens * BYTES_PER_TOKEN);
    const { callId, error } = pending;
    return {
      kind: 'result',
      callId,
      text: error === null ? body : `${error}\n${body}`,
      isError: error !== null,
    };
  }

  #call(): { readonly name: string; readonly input: string } {
    const name = this.#random() < 0.5 ? 'read_file' : 'run_command';
    const note = `step ${Math.floor(this.#random() * 1e9).toString(36)}`;
    return { name, input: JSON.stringify({ path: fileName(this.#random), note }) };
  }

  #turn(given: Pick<Turn, 'outputTokens'> & Partial<Turn>): Turn {
    const textSeed = Math.floor(this.#random() * 2 ** 31);
    return { call: null, isFinal: true, trial: null, textSeed, ...given };
  }

  #conversation(kind: Conversation['kind'], frame: Frame): Conversation {
    const { habits, sessionId } = this.#input;
    this.#agents += 1;
    return new Conversation({ frame, kind, dialect: habits.dialect, id: `${sessionId}-${this.#agents}` });
  }
}

const NO_NOISE: Noise = { draw: 1, isUp: false };

function answerText(turn: Turn, call: Turn['call'], textFactor: number): string {
  const callBytes = call === null ? 0 : call.name.length + call.input.length + 32;
  const bytes = Math.max(12, turn.outputTokens * textFactor * BYTES_PER_TOKEN - callBytes);
  return proseText(createRandom(turn.textSeed), bytes);
}

/** Whether the model of this tier fails, and what it answers: the same whoever carries it. */
export function simulateTurn(
  turn: Turn,
  tier: Tier,
  failure: Assumptions['failure'],
  /** Above 1 for a model that says the same in more words. */
  textFactor = 1,
): { readonly hasFailed: boolean; readonly text: string; readonly call: Turn['call'] } {
  const { trial } = turn;
  const hasFailed = trial !== null && trial.draw < (failure[tier][trial.difficulty] ?? 0);
  const call = turn.isFinal && !hasFailed ? null : turn.call;
  return { hasFailed, call, text: answerText(turn, call, textFactor) };
}
