// Histories of Claude Code of any size, line for line as the program writes them (2.1), with the sums that must come out.

import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';

export interface MadeHistory {
  readonly lines: number;
  readonly bytes: number;
  readonly requests: number;
  readonly asks: number;
  readonly actualUsd: number;
}

interface Priced {
  readonly model: string;
  /** USD per million: input, output, cached read, five-minute write. */
  readonly prices: readonly [number, number, number, number];
}

/** Beside the shipped prices on purpose, so that a change of those is noticed. */
const MODELS: readonly Priced[] = [
  { model: 'claude-opus-5-5', prices: [4, 20, 0.2, 5] },
  { model: 'claude-sonnet-5-5', prices: [2, 10, 0.1, 2.5] },
];

const ASKS = [
  'fix the failing test in the parser',
  'what does this function return?',
  'rename getUser to loadUser everywhere',
  'design a cache that survives restarts and explain the trade-offs',
  'why is the build slow since yesterday? find the cause and propose a plan',
  'translate the README into German',
];

const SESSION_LINES = 400;
const STEPS_PER_ASK = 12;
const START_MS = Date.UTC(2026, 9, 10, 8);

/** At least `lines` lines below `home/.claude/projects`, in sessions of about 400. */
export function makeClaudeHistory(home: string, lines: number): MadeHistory {
  const made = { lines: 0, bytes: 0, requests: 0, asks: 0, actualUsd: 0 };
  const folder = path.join(home, '.claude', 'projects', '-srv-shop');
  mkdirSync(folder, { recursive: true });
  for (let session = 0; made.lines < lines; session += 1) {
    const sessionId = `0f${String(session).padStart(6, '0')}-7a1b-4c2d-9e3f-001122334455`;
    const text = sessionText(sessionId, session, made);
    const file = openSync(path.join(folder, `${sessionId}.jsonl`), 'w');
    made.bytes += writeSync(file, text);
    closeSync(file);
  }
  return made;
}

function sessionText(
  sessionId: string,
  session: number,
  made: { -readonly [Key in keyof MadeHistory]: number },
) {
  const { model, prices } = MODELS[session % MODELS.length] ?? { model: '', prices: [0, 0, 0, 0] };
  const written: string[] = [];
  let prompt = 14_000;
  let read = 0;
  let atMs = START_MS + session * 900_000;
  const common = (uuid: string): string =>
    `"isSidechain":false,"userType":"external","entrypoint":"cli","cwd":"/srv/shop","sessionId":"${sessionId}","version":"2.1.329","gitBranch":"main","uuid":"${uuid}","timestamp":"${new Date(atMs).toISOString()}"`;
  while (written.length < SESSION_LINES) {
    const ask = ASKS[made.asks % ASKS.length] ?? '';
    written.push(
      `{"parentUuid":null,"type":"user","message":{"role":"user","content":${JSON.stringify(ask)}},${common(`u${made.asks}`)}}`,
    );
    made.asks += 1;
    for (let step = 0; step < STEPS_PER_ASK; step += 1) {
      atMs += 9000;
      const input = 3;
      const write = prompt - read - input;
      const output = 180 + ((made.requests * 37) % 400);
      const usage = `{"input_tokens":${input},"cache_creation_input_tokens":${write},"cache_read_input_tokens":${read},"output_tokens":${output},"service_tier":"standard","cache_creation":{"ephemeral_1h_input_tokens":0,"ephemeral_5m_input_tokens":${write}}}`;
      const id = `msg_${session}_${made.requests}`;
      const answer = (block: string): string =>
        `{"parentUuid":"p","type":"assistant","message":{"id":"${id}","type":"message","role":"assistant","model":"${model}","content":[${block}],"stop_reason":"tool_use","stop_sequence":null,"usage":${usage}},"requestId":"req_${id}",${common(id)}}`;
      written.push(
        answer(
          `{"type":"thinking","thinking":"${FILLER.slice(0, 600)}","signature":"${FILLER.slice(0, 400)}"}`,
        ),
      );
      written.push(
        answer(
          `{"type":"tool_use","id":"toolu_${id}","name":"Read","input":{"file_path":"/srv/shop/src/file-${step}.ts"}}`,
        ),
      );
      written.push(
        `{"parentUuid":"p","type":"user","message":{"role":"user","content":[{"tool_use_id":"toolu_${id}","type":"tool_result","content":"${FILLER}"}]},${common(`r${id}`)},"toolUseResult":{"type":"text","file":{"filePath":"/srv/shop/src/file-${step}.ts","content":"${FILLER}"}}}`,
      );
      made.requests += 1;
      made.actualUsd +=
        (input * prices[0] + output * prices[1] + read * prices[2] + write * prices[3]) / 1_000_000;
      read = prompt;
      prompt += output + 900;
    }
  }
  made.lines += written.length;
  return `${written.join('\n')}\n`;
}

/** Results of tools are the bulk of a history: 1.2 kB of a source file, twice in a line. */
const FILLER =
  'export function total(rows: Row[]): number { return rows.reduce((sum, row) => sum + row.amount, 0); } // '
    .repeat(12)
    .slice(0, 1200);
