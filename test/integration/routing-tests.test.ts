// Routing tests in a running daemon: an edit that breaks one is turned down with its line, and everybody can see how
// they stand.

import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { doctorCommand } from '../../daemon/cli/doctor.ts';
import type { StatusBody } from '../../daemon/protocol/control-api.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

const HERE = 'http://127.0.0.1:9/v1';
const SMALL = { id: 'small', baseUrl: HERE, tier: 'simple', inputUsdPerMtok: 0.1 } as const;
const LARGE = { id: 'large', baseUrl: HERE, tier: 'complex', inputUsdPerMtok: 9 } as const;
const AWAY = {
  id: 'away',
  baseUrl: 'https://away.example/v1',
  tier: 'simple',
  inputUsdPerMtok: 0.01,
} as const;

const GOOD = configFor([SMALL, LARGE]);
const TOO_WEAK = configFor([SMALL]);
const TEST =
  '{"ask": "What is 2 + 2?", "model": "exact/large", "name": "large is there", "expect": {"model": "large"}}';
const SECRET = '{"ask": "Explain this", "files": ["src/secret/x.ts"], "expect": {"local": true}}';

describe('routing tests [C11]', () => {
  let daemon: TestDaemon;
  let workspace: string;

  beforeEach(() => {
    workspace = mkdtempSync(path.join(tmpdir(), 'pointsman-test-'));
  });
  afterEach(async () => {
    await daemon.stop();
    rmSync(workspace, { recursive: true, force: true });
  });

  const atHome = (text: string): void => writeFileSync(path.join(daemon.home, 'routing.test.jsonl'), text);
  const status = async (): Promise<StatusBody> => (await daemon.control('GET', 'status')).body as StatusBody;
  async function statusWhen(isThere: (status: StatusBody) => boolean): Promise<StatusBody> {
    for (;;) {
      const found = await status();
      if (isThere(found)) return found;
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    }
  }
  const tested = (count: number) => statusWhen(({ routingTests }) => routingTests.tests === count);
  async function doctorLines(): Promise<string> {
    const lines: string[] = [];
    const context = { print: (line: string) => void lines.push(line), environment: {} };
    await doctorCommand.run(context as never, { home: daemon.home }, []);
    return lines.join('\n');
  }

  it('turn down a PUT that breaks one, with file, line and reason, and let a good one through', async () => {
    daemon = await runDaemon({ config: GOOD });
    atHome(`// what must hold\n\n${TEST}\n`);
    await tested(1);
    const broken = await daemon.control('PUT', 'config', TOO_WEAK);
    assert.equal(broken.status, 400);
    const { error } = broken.body as { error: { code: string; message: string } };
    assert.equal(error.code, 'config.invalid');
    assert.match(error.message, /routing\.test\.jsonl line 3 \("large is there"\): expected model large/);
    assert.deepEqual(
      (await status()).models.map(({ id }) => id),
      ['small', 'large'],
    );
    assert.equal((await daemon.control('PUT', 'config', { ...GOOD, profile: 'quality' })).status, 200);
    assert.equal((await status()).profile, 'quality');
  });

  it('turn down an edit of the file; the last good one stays, and a mended test lets the edit in', async () => {
    daemon = await runDaemon({ config: GOOD });
    atHome(`${TEST}\n`);
    await tested(1);
    daemon.writeConfig(JSON.stringify(TOO_WEAK));
    const { config, models } = await statusWhen((found) => !found.config.valid);
    assert.match(config.error ?? '', /routing\.test\.jsonl line 1 /);
    assert.equal(models.length, 2);
    atHome(`// ${TEST}\n`);
    const after = await statusWhen((found) => found.config.valid);
    assert.deepEqual(
      after.models.map(({ id }) => id),
      ['small'],
    );
  });

  it('keep a path on this machine against a change that would send it away', async () => {
    daemon = await runDaemon({ config: GOOD });
    atHome(`${SECRET}\n`);
    assert.deepEqual((await tested(1)).routingTests.failing, []);
    const { status, body } = await daemon.control('PUT', 'config', configFor([SMALL, LARGE, AWAY]));
    assert.equal(status, 400);
    assert.match(JSON.stringify(body), /line 1 .*expected that nothing leaves this machine.*away/);
  });

  it('of a workspace count where the configuration names their file', async () => {
    const file = path.join(workspace, 'routing.test.jsonl');
    writeFileSync(file, `${TEST}\n`);
    daemon = await runDaemon({ config: { ...GOOD, routingTests: [file] } });
    assert.deepEqual((await status()).routingTests.files, [file]);
    const { status: code, body } = await daemon.control('PUT', 'config', {
      ...TOO_WEAK,
      routingTests: [file],
    });
    assert.equal(code, 400);
    assert.ok(JSON.stringify(body).includes(`${file} line 1 `));
  });

  it('that fail at the start are told, and the configuration is in force all the same', async () => {
    const file = path.join(workspace, 'routing.test.jsonl');
    writeFileSync(file, `${TEST}\n`);
    daemon = await runDaemon({ config: { ...TOO_WEAK, routingTests: [file] } });
    const { config, models, routingTests } = await status();
    assert.deepEqual([config.valid, models.map(({ id }) => id)], [true, ['small']]);
    assert.deepEqual([routingTests.tests, routingTests.failingCount], [1, 1]);
    assert.equal(routingTests.failing[0]?.line, 1);
    const warning = daemon.log.find((line) => line.includes('routing tests fail')) ?? '';
    assert.match(warning, /"level":"warn"/);
    assert.ok(!warning.includes('2 + 2'), 'no words of an ask in a log');
    assert.match(
      await doctorLines(),
      /FAIL {2}routing tests: 1 in 1 file, 1 to mend:\n.* line 1 .*expected model large/,
    );
  });

  it('are counted by the doctor when they hold', async () => {
    daemon = await runDaemon({ config: GOOD });
    assert.match(await doctorLines(), /ok {4}routing tests: none/);
    atHome(`${TEST}\n${SECRET}\n`);
    await tested(2);
    assert.match(await doctorLines(), /ok {4}routing tests: 2 in 1 file, all hold/);
  });

  it('with a wrong line show it and block nothing but what the good lines say', async () => {
    daemon = await runDaemon({ config: GOOD });
    atHome(`${SECRET}\n{"ask": "x", "expect": {"minTeir": "simple"}}\n`);
    const { routingTests } = await tested(1);
    assert.deepEqual(
      routingTests.failing.map(({ line }) => line),
      [2],
    );
    assert.match(routingTests.failing[0]?.sentence ?? '', /nearest known key is "minTier"/);
    assert.equal((await daemon.control('PUT', 'config', TOO_WEAK)).status, 200);
  });

  it('that are written to fail later take nothing out of force, but stop the next change', async () => {
    daemon = await runDaemon({ config: TOO_WEAK });
    atHome(`${TEST}\n`);
    const { config, routingTests } = await tested(1);
    assert.deepEqual([config.valid, routingTests.failingCount], [true, 1]);
    assert.equal((await daemon.control('PUT', 'config', { ...TOO_WEAK, profile: 'budget' })).status, 400);
    assert.equal((await daemon.control('PUT', 'config', GOOD)).status, 200);
    await statusWhen((found) => found.routingTests.failingCount === 0);
  });

  it('are listed by line where more than five fail', async () => {
    daemon = await runDaemon({ config: GOOD });
    for (let index = 0; index < 8; index += 1) {
      appendFileSync(path.join(daemon.home, 'routing.test.jsonl'), `${TEST}\n`);
    }
    await tested(8);
    const { body } = await daemon.control('PUT', 'config', TOO_WEAK);
    const lines = (body as { error: { message: string } }).error.message.split('\n');
    assert.equal(lines.length, 7);
    assert.match(lines[0] ?? '', /^8 routing tests fail/);
    assert.match(lines[6] ?? '', /routing\.test\.jsonl lines 6, 7, 8$/);
  });
});
