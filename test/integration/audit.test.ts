// `pointsman audit` as a process that may read files and nothing else: it runs under Node's permission model, which
// refuses every write, and with an ear on every socket that is opened.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AuditReport } from '../../daemon/audit/audit-report.ts';
import { BUNDLE, ensureBundle, ROOT } from '../support/daemon-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SAMPLES = path.join(ROOT, 'test', 'samples', 'histories');
const CANARY = 'the canary sings at dawn';

/** Ends the process as soon as a socket of any kind is made or a name is looked up. */
const EAR = `
import diagnostics from 'node:diagnostics_channel';
import dns from 'node:dns';
const stop = (what) => { process.stderr.write('SOCKET ' + what); process.exit(99); };
for (const channel of ['net.client.socket', 'net.server.socket', 'udp.socket']) diagnostics.subscribe(channel, () => stop(channel));
for (const name of ['lookup', 'resolve']) dns[name] = () => stop('dns.' + name);
`;

interface End {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runAudit(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  ear = EAR,
): Promise<End> {
  const child = spawn(
    process.execPath,
    [
      '--permission',
      '--allow-fs-read=*',
      '--import',
      `data:text/javascript,${encodeURIComponent(ear)}`,
      BUNDLE,
      'audit',
      ...args,
    ],
    { env: environment, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, ...output }));
  });
}

describe('pointsman audit', function () {
  this.timeout(20_000);
  const folder = temporaryFolder();
  before(ensureBundle);

  function environment(): Record<string, string> {
    return { HOME: folder.path, USERPROFILE: folder.path, NO_COLOR: '1' };
  }

  /** The samples where the assistants would have put them, with one that names the canary. */
  function fillHome(): void {
    const copies = [
      ['claude-code/projects', '.claude/projects'],
      ['codex/sessions', '.codex/sessions'],
      ['codex/archived_sessions', '.codex/archived_sessions'],
      ['cline/sessions', '.cline/data/sessions'],
      ['cline/tasks', '.config/Code/User/globalStorage/saoudrizwan.claude-dev/tasks'],
      ['roo-code/rooveterinaryinc.roo-cline', '.config/Cursor/User/globalStorage/rooveterinaryinc.roo-cline'],
    ] as const;
    for (const [from, to] of copies) {
      cpSync(path.join(SAMPLES, from), folder.file(to), { recursive: true });
    }
    const session = readdirSync(folder.file('.claude/projects/-srv-shop')).find((name) =>
      name.endsWith('.jsonl'),
    );
    const file = folder.file(`.claude/projects/-srv-shop/${session ?? ''}`);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('Create the files a.txt and b.txt.', CANARY));
  }

  it('[A48] [C7] reads what Claude Code, Codex, Cline and Roo Code left behind, before any key is there', async () => {
    fillHome();
    const { code, stdout, stderr } = await runAudit(['--json'], environment());
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    const report = JSON.parse(stdout) as AuditReport;
    assert.equal(report.requests, 14);
    assert.deepEqual(
      report.sources.map(({ assistant }) => assistant),
      ['claude-code', 'codex', 'cline', 'roo-code'],
    );
    assert.equal(typeof report.actualUsd, 'number');
    assert.equal(typeof report.routedUsd, 'number');
    assert.equal(report.coverageRatio, 1);
  });

  it('[C7] tells a person the sums and no word of what was asked', async () => {
    fillHome();
    const { code, stdout } = await runAudit([], environment());
    assert.equal(code, 0);
    assert.match(stdout, /^14 requests for 7 asks in 7 conversations/);
    assert.match(stdout, /cost at list prices +0\.\d+ \$/);
    assert.match(stdout, /Claude Code +4 /);
    assert.doesNotMatch(stdout, /canary|dawn/);
  });

  it('[A48] says in one clear sentence that an empty machine has nothing to audit', async () => {
    const { code, stdout, stderr } = await runAudit([], environment());
    assert.equal(code, 0);
    assert.equal(stderr, '');
    assert.match(stdout, /^No history of Claude Code, Codex or Cline was found on this machine/);
  });

  it('[A48] answers zeros as JSON on an empty machine', async () => {
    const { stdout } = await runAudit(['--json'], environment());
    const { requests, actualUsd, routedUsd, shares, sources } = JSON.parse(stdout) as AuditReport;
    assert.deepEqual(
      { requests, actualUsd, routedUsd, shares, sources },
      {
        requests: 0,
        actualUsd: 0,
        routedUsd: 0,
        shares: { simple: 0, moderate: 0, complex: 0 },
        sources: [],
      },
    );
  });

  it('reads only what it is given', async () => {
    fillHome();
    const { stdout } = await runAudit(['--json', path.join(SAMPLES, 'codex')], environment());
    const { sources } = JSON.parse(stdout) as AuditReport;
    assert.deepEqual(
      sources.map(({ assistant }) => assistant),
      ['codex'],
    );
  });

  it('leaves out what came before --since', async () => {
    fillHome();
    const { stdout } = await runAudit(['--json', '--since', '2026-11-01'], environment());
    const { firstAt } = JSON.parse(stdout) as AuditReport;
    assert.ok((firstAt ?? '') >= '2026-11-01', firstAt ?? 'nothing');
  });

  it('refuses a path that is not there and a time that is none, each in one sentence', async () => {
    const absent = await runAudit([folder.file('nowhere')], environment());
    assert.equal(absent.code, 1);
    assert.match(absent.stderr, /^pointsman: there is no file or folder .*nowhere; check the path\n$/);
    const time = await runAudit(['--since', 'yesterdayish'], environment());
    assert.equal(time.code, 2);
    assert.equal(time.stderr.split('\n').length, 2);
  });

  it('tells about a broken configuration instead of routing without it', async () => {
    mkdirSync(folder.file('home'));
    writeFileSync(folder.file('home/config.jsonc'), '{ "baselin": "x" }');
    const { code, stderr } = await runAudit(['--home', folder.file('home')], environment());
    assert.equal(code, 1);
    assert.match(stderr, /baselin/);
  });

  it('would be noticed if it opened a socket or wrote a file', async () => {
    const socket = await runAudit(
      [],
      environment(),
      `${EAR}\nimport('node:net').then((net) => net.connect(9));`,
    );
    assert.equal(socket.code, 99);
    const file = JSON.stringify(folder.file('written'));
    const written = await runAudit(
      [],
      environment(),
      `import { writeFileSync } from 'node:fs'; writeFileSync(${file}, '');`,
    );
    assert.match(written.stderr, /ERR_ACCESS_DENIED/);
  });
});
