// The audit of a long history: right to the cent, fast, in bounded memory, and interruptible. By default 200,000 lines
// (350 MB, a few seconds); POINTSMAN_AUDIT_LINES=1000000 for the million (1.8 GB).

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AuditReport } from '../../daemon/audit/audit-report.ts';
import { makeClaudeHistory, type MadeHistory } from '../support/claude-history.ts';
import { BUNDLE, ensureBundle } from '../support/daemon-process.ts';

const LINES = Number(process.env['POINTSMAN_AUDIT_LINES'] ?? 200_000);
/** What a million lines may take. */
const MS_PER_MILLION_LINES = 60_000;
/** The program, its weights, and 700 bytes for each request of a million lines. */
const MAX_RSS_BYTES = 700_000_000;

interface End {
  readonly code: number | null;
  readonly report: AuditReport;
  readonly stderr: string;
  readonly elapsedMs: number;
  /** Of all threads; on an idle machine never less than the elapsed time by much. */
  readonly cpuMs: number;
  readonly maxRssBytes: number;
}

function runAudit(home: string, interruptAfterMs: number | null): Promise<End> {
  const startedAtMs = performance.now();
  const tellUse =
    'process.on("exit", () => { const use = process.resourceUsage(); process.stderr.write("USED " + use.maxRSS * 1024 + " " + (use.userCPUTime + use.systemCPUTime) / 1000 + "\\n"); })';
  const child = spawn(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(tellUse)}`, BUNDLE, 'audit', '--json'],
    { env: { HOME: home, USERPROFILE: home }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  if (interruptAfterMs !== null) setTimeout(() => child.kill('SIGINT'), interruptAfterMs);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({
        code,
        report: JSON.parse(output.stdout) as AuditReport,
        stderr: output.stderr,
        elapsedMs: performance.now() - startedAtMs,
        maxRssBytes: Number(/USED (\d+)/.exec(output.stderr)?.[1]),
        cpuMs: Number(/USED \d+ ([\d.]+)/.exec(output.stderr)?.[1]),
      });
    });
  });
}

describe(`the audit of a history of ${LINES.toLocaleString('en-US')} lines`, function () {
  this.timeout(300_000);
  let home = '';
  let made: MadeHistory;
  let whole: End;

  before(async () => {
    ensureBundle();
    home = mkdtempSync(path.join(tmpdir(), 'pointsman-audit-'));
    made = makeClaudeHistory(home, LINES);
    whole = await runAudit(home, null);
  });
  after(() => rmSync(home, { recursive: true, force: true }));

  it('[A48] counts each request once and prices it', () => {
    const { report } = whole;
    assert.equal(report.requests, made.requests);
    assert.equal(report.asks, made.asks);
    assert.equal(report.files.lines, made.lines);
    assert.equal(report.files.bytes, made.bytes);
    const difference = Math.abs((report.actualUsd ?? NaN) - made.actualUsd);
    assert.ok(difference < 1e-9 * made.actualUsd, `${report.actualUsd} is not ${made.actualUsd}`);
  });

  it('[C7] takes less than a minute for a million lines', function () {
    const allowedMs = (MS_PER_MILLION_LINES * made.lines) / 1_000_000;
    console.log(
      `        ${(made.bytes / 1e6).toFixed(0)} MB in ${(whole.elapsedMs / 1000).toFixed(1)} s (${(whole.cpuMs / 1000).toFixed(1)} s of processors), ${(whole.maxRssBytes / 1e6).toFixed(0)} MB of memory`,
    );
    // The processors' time, since others may be busy on this machine.
    assert.ok(whole.cpuMs < allowedMs, `${whole.cpuMs} ms, ${allowedMs} allowed`);
  });

  it('needs no memory for what it has read', () => {
    assert.ok(whole.maxRssBytes < MAX_RSS_BYTES, String(whole.maxRssBytes));
  });

  it('reads the words beside a picture of 20 MB', async () => {
    const small = mkdtempSync(path.join(tmpdir(), 'pointsman-audit-'));
    try {
      const line = (type: string, message: unknown): string =>
        `${JSON.stringify({ type, sessionId: 's', timestamp: '2026-11-01T10:00:00.000Z', message })}\n`;
      const picture = { type: 'image', source: { type: 'base64', data: 'A'.repeat(20_000_000) } };
      const usage = { input_tokens: 1000, output_tokens: 100 };
      const projects = path.join(small, '.claude', 'projects', 'p');
      mkdirSync(projects, { recursive: true });
      writeFileSync(
        path.join(projects, 's.jsonl'),
        line('user', { role: 'user', content: [picture, { type: 'text', text: 'what is this?' }] }) +
          line('assistant', { id: 'm', model: 'claude-opus-5-5', content: [], usage }),
      );
      const { report } = await runAudit(small, null);
      assert.deepEqual([report.requests, report.asks, report.files.brokenLines], [1, 1, 0]);
    } finally {
      rmSync(small, { recursive: true, force: true });
    }
  });

  it('ends at Ctrl+C with what was read until then', async () => {
    // A machine that has become quicker is through by then: it is interrupted sooner.
    let end = whole;
    for (let share = 3; share < 50 && !end.report.isPartial; share *= 2)
      end = await runAudit(home, whole.elapsedMs / share);
    const { code, report } = end;
    assert.equal(code, 0);
    assert.equal(report.isPartial, true);
    assert.ok(report.requests > 0 && report.requests < made.requests, String(report.requests));
  });
});
