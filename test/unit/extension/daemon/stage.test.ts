import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { noteUse, removeAllCopies, stageDaemon } from '../../../../extension/daemon/stage.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const OLD = new Date(Date.now() - 3_600_000);
/** No process has it: numbers end far below. */
const NOBODY = 2 ** 30;

describe('copies of the daemon', () => {
  const folder = temporaryFolder();
  const into = (): string => folder.file('copies');
  const from = (): string => folder.file('dist');
  beforeEach(() => {
    mkdirSync(path.join(from(), 'webview'), { recursive: true });
    for (const name of ['daemon.cjs', 'demo.cjs', 'webview/dashboard.js', 'extension.cjs']) {
      writeFileSync(path.join(from(), name), `content of ${name}`);
    }
  });
  const stage = (version = '0.1.0'): Promise<string> => stageDaemon({ from: from(), into: into(), version });
  const age = (script: string): void => utimesSync(path.dirname(script), OLD, OLD);

  it('hold what the daemon needs and nothing of the extension', async () => {
    const script = await stage();
    const copy = path.dirname(script);
    assert.equal(readFileSync(script, 'utf8'), 'content of daemon.cjs');
    assert.match(path.basename(copy), /^0\.1\.0-[0-9a-f]{16}$/);
    assert.deepEqual(readdirSync(copy).toSorted(), ['daemon.cjs', 'demo.cjs', 'webview']);
    assert.equal(
      readFileSync(path.join(copy, 'webview/dashboard.js'), 'utf8'),
      'content of webview/dashboard.js',
    );
  });

  it('are one, whole, however many windows make it at once', async () => {
    const scripts = await Promise.all(Array.from({ length: 20 }, () => stage()));
    assert.equal(new Set(scripts).size, 1);
    assert.equal(readdirSync(into()).length, 1); // no temporary one is left either
    assert.ok(existsSync(path.join(path.dirname(scripts[0] ?? ''), 'webview/dashboard.js')));
  });

  it('of other content under the same version are another one', async () => {
    const first = await stage();
    writeFileSync(path.join(from(), 'daemon.cjs'), 'content of DAEMON.cjs');
    assert.notEqual(await stage(), first);
  });

  it('that somebody damaged are made anew', async () => {
    const script = await stage();
    rmSync(script);
    assert.equal(await stage(), script);
    assert.equal(readFileSync(script, 'utf8'), 'content of daemon.cjs');
    writeFileSync(script, 'CONTENT of daemon.cjs');
    assert.equal(await stage(), script);
    assert.equal(readFileSync(script, 'utf8'), 'content of daemon.cjs', 'also where the size is right');
  });

  it('go when another one is made, but for those of a running daemon and those that are young', async () => {
    const [used, unused] = [await stage('0.1.0'), await stage('0.2.0')];
    const young = await stage('0.3.0');
    await noteUse(used, process.pid);
    await noteUse(used, NOBODY);
    await noteUse(unused, NOBODY);
    for (const script of [used, unused]) age(script);
    mkdirSync(path.join(into(), 'notes'));
    await stage('0.4.0');
    assert.deepEqual(
      [used, unused, young].map((script) => existsSync(script)),
      [true, false, true],
    );
    assert.ok(existsSync(path.join(into(), 'notes'))); // not ours
  });

  it('are all removed in the end, and nothing that is not ours', async () => {
    await stage();
    cpSync(from(), path.join(into(), '0.2.0-0123456789abcdef.0123456789ab.tmp'), { recursive: true });
    await removeAllCopies(into());
    assert.ok(!existsSync(into()));
    mkdirSync(path.join(into(), 'of-somebody-else'), { recursive: true });
    await stage();
    await removeAllCopies(into());
    assert.deepEqual(readdirSync(into()), ['of-somebody-else']);
  });
});
