// Holds request bodies against the types of the vendors' official SDKs, by the real compiler: each body is a fresh literal,
// so that a member that the type does not have is an error like one that is missing.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** Types of the request bodies of each endpoint. */
export const REQUEST_TYPES = {
  chat: 'OpenAI.Chat.ChatCompletionCreateParams',
  responses: 'OpenAI.Responses.ResponseCreateParams',
  messages: 'Anthropic.MessageCreateParams',
  betaMessages: 'Anthropic.Beta.MessageCreateParams',
  betaCountTokens: 'Anthropic.Beta.MessageCountTokensParams',
} as const;

export type RequestType = keyof typeof REQUEST_TYPES;

export interface TypedBody {
  readonly name: string;
  readonly type: RequestType;
  readonly body: unknown;
}

const repository = path.join(import.meta.dirname, '..', '..');
const HEAD = "import type Anthropic from '@anthropic-ai/sdk';\nimport type OpenAI from 'openai';\n";
const BODIES_PER_FILE = 200;
/** No type tells texts apart by what is in them beyond this. */
const MAX_TEXT_CHARS = 80;

/** What the compiler has to say, by the name of the body. */
export async function typeErrors(
  bodies: readonly TypedBody[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'request-types-'));
  try {
    await symlink(path.join(repository, 'node_modules'), path.join(folder, 'node_modules'));
    await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(CONFIG));
    await mkdir(path.join(folder, 'bodies'));
    for (let start = 0; start < bodies.length; start += BODIES_PER_FILE) {
      const lines = bodies.slice(start, start + BODIES_PER_FILE).map(({ type, body }, index) => {
        return `export const body${index}: ${REQUEST_TYPES[type]} = ${literal(body)};`;
      });
      await writeFile(path.join(folder, 'bodies', `from-${start}.ts`), `${HEAD}${lines.join('\n')}\n`);
    }
    return byBody(await compile(folder), bodies);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const CONFIG = {
  compilerOptions: {
    target: 'ES2023',
    lib: ['ES2023', 'DOM'],
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  },
  include: ['bodies'],
};

function literal(body: unknown): string {
  return JSON.stringify(body, (_key, value: unknown) =>
    typeof value === 'string' && value.length > MAX_TEXT_CHARS ? value.slice(0, MAX_TEXT_CHARS) : value,
  );
}

async function compile(folder: string): Promise<string> {
  const compiler = path.join(repository, 'node_modules', '.bin', 'tsc');
  const args = ['--noEmit', '--pretty', 'false', '-p', folder];
  try {
    return (await promisify(execFile)(compiler, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 })).stdout;
  } catch (error) {
    // It ends with an error code when it has something to say.
    const { stdout } = error as { stdout?: unknown };
    if (typeof stdout === 'string' && stdout !== '') return stdout;
    throw error;
  }
}

function byBody(output: string, bodies: readonly TypedBody[]): ReadonlyMap<string, readonly string[]> {
  const errors = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of output.split('\n')) {
    const [, start, row, message = ''] = /from-(\d+)\.ts\((\d+),\d+\): error (.*)$/.exec(line) ?? [];
    if (start === undefined || row === undefined) {
      if (line.startsWith(' ')) current?.push(line.trim());
      else if (line.trim() !== '') throw new Error(`the compiler says: ${line}`);
      continue;
    }
    const body = bodies[Number(start) + Number(row) - HEAD.split('\n').length];
    if (body === undefined) throw new Error(`an error outside of the bodies: ${line}`);
    current = errors.get(body.name) ?? [];
    current.push(message);
    errors.set(body.name, current);
  }
  return errors;
}
