// How long tasks are: requests per task, and what each request adds. Learnt per assistant from the tasks seen here; what
// a move to another model pays back over.

/** Of one kind of work. Tokens of the reference tokenizer. */
export interface TaskShape {
  /** Requests of a whole task. */
  readonly steps: number;
  /** What the prompt grows by from one request to the next. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What is assumed before anything was seen: published agent sessions have 12 to 20 calls a task. */
const AGENT_TASK: TaskShape = { steps: 15, inputTokens: 1700, outputTokens: 400 };
const SIDE_TASK: TaskShape = { steps: 8, inputTokens: 1700, outputTokens: 400 };
/** A conversation without tools: every request is a task of its own. */
const CHAT: TaskShape = { steps: 1, inputTokens: 600, outputTokens: 400 };

/** Weight of the newest task, or step, in the running mean. */
const NEW_TASK = 0.1;
const NEW_STEP = 0.05;

/** Assistants of one machine; the least recently used one is forgotten. */
const MAX_KINDS = 200;

export type TaskKind = 'agent' | 'side' | 'chat';

const ASSUMED: Readonly<Record<TaskKind, TaskShape>> = { agent: AGENT_TASK, side: SIDE_TASK, chat: CHAT };

export class TaskLengths {
  readonly #shapes = new Map<string, TaskShape>();

  shape(client: string, kind: TaskKind): TaskShape {
    return this.#shapes.get(`${kind} ${client}`) ?? ASSUMED[kind];
  }

  /** A task came to its end after `steps` requests. */
  taskEnded(client: string, kind: TaskKind, steps: number): void {
    const shape = this.shape(client, kind);
    this.#set(client, kind, { ...shape, steps: mixed(shape.steps, steps, NEW_TASK) });
  }

  /** A request of a running task is that much longer than the one before. */
  grew(client: string, kind: TaskKind, inputTokens: number): void {
    const shape = this.shape(client, kind);
    this.#set(client, kind, { ...shape, inputTokens: mixed(shape.inputTokens, inputTokens, NEW_STEP) });
  }

  answered(client: string, kind: TaskKind, outputTokens: number): void {
    const shape = this.shape(client, kind);
    this.#set(client, kind, { ...shape, outputTokens: mixed(shape.outputTokens, outputTokens, NEW_STEP) });
  }

  #set(client: string, kind: TaskKind, shape: TaskShape): void {
    const key = `${kind} ${client}`;
    this.#shapes.delete(key);
    this.#shapes.set(key, shape);
    const [oldest] = this.#shapes.keys();
    if (this.#shapes.size > MAX_KINDS && oldest !== undefined) this.#shapes.delete(oldest);
  }
}

function mixed(mean: number, value: number, weight: number): number {
  return Number.isFinite(value) && value >= 0 ? mean + weight * (value - mean) : mean;
}
