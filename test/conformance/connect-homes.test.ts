// Everything that connecting promises, on every sample home: a second time, another port and token, line ends and marks,
// files that were edited since, and a journal that is lost.

import assert from 'node:assert/strict';

import { temporaryFolder } from '../support/temporary-folder.ts';
import { createRig, type Rig } from '../unit/daemon/connect/connect-rig.ts';
import { ORIGIN, SAMPLES, TOKEN, type Sample } from '../unit/daemon/connect/sample-homes.ts';

const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
const withMark = (text: string): string => `\uFEFF${text}`;

describe('connecting an assistant, on every sample home', () => {
  const folder = temporaryFolder();
  let rig: Rig;
  beforeEach(() => {
    rig = createRig(folder.path);
  });

  function prepare(sample: Sample, form = (text: string): string => text): void {
    for (const [file, text] of Object.entries(sample.before)) {
      if (text !== null) rig.write(file, form(text), 0o640);
    }
  }

  for (const sample of SAMPLES) {
    describe(`${sample.id} ${sample.name}`, () => {
      it('[C1] changes nothing the second time', async () => {
        prepare(sample);
        await rig.connect(sample.id);
        const before = rig.snapshot();
        const { changedPaths, backupPaths } = await rig.connect(sample.id);
        assert.deepEqual([changedPaths, backupPaths], [[], []]);
        assert.deepEqual(rig.snapshot(), before);
      });

      it('[A6] follows another port and token with nothing but its own part, and is still put back', async () => {
        prepare(sample);
        const before = rig.snapshot();
        await rig.connect(sample.id);
        const [origin, token] = ['http://127.0.0.1:55555', `pm_${'Zyx987_-'.repeat(5)}`];
        const later = rig.connectorWith({ origin, token });
        const [listed] = later.list(rig.editorUserFolder).filter(({ id }) => id === sample.id);
        assert.equal(listed?.state, 'changed');
        await rig.connect(sample.id, later);
        for (const [file, text] of Object.entries(sample.after)) {
          assert.equal(rig.read(file), text.replaceAll(ORIGIN, origin).replaceAll(TOKEN, token));
        }
        await rig.undo(sample.id, later);
        assert.deepEqual(rig.snapshot(), before);
      });

      it('keeps line ends and byte order mark', async () => {
        prepare(sample, (text) => withMark(crlf(text)));
        await rig.connect(sample.id);
        for (const [file, text] of Object.entries(sample.after)) {
          const isNew = sample.before[file] === null;
          assert.equal(
            rig.read(file),
            isNew || !text.includes('\n') ? form(isNew, text) : withMark(crlf(text)),
          );
        }
        function form(isNew: boolean, text: string): string {
          return isNew ? text : withMark(text);
        }
      });

      it('[C1] is taken out of files that were edited since, and what stood there comes back', async () => {
        prepare(sample);
        await rig.connect(sample.id);
        for (const file of Object.keys(sample.after)) edit(file);
        await rig.undo(sample.id);
        for (const [file, text] of Object.entries(sample.before)) {
          const left = rig.read(file);
          assert.ok(!left.includes('pm_') && !left.includes(ORIGIN), left);
          assert.ok(left.includes('later'), left);
          if (text !== null)
            for (const line of meaningful(text)) assert.ok(left.includes(line), `${line}\n${left}`);
        }
      });

      it('is recognised and taken out without the journal', async () => {
        prepare(sample);
        await rig.connect(sample.id);
        rig.forget();
        const [listed] = rig.connector.list(rig.editorUserFolder).filter(({ id }) => id === sample.id);
        assert.equal(listed?.state, 'connected');
        await rig.undo(sample.id);
        for (const file of Object.keys(sample.after)) assert.ok(!readAny(file).includes('pm_'));
      });
    });
  }

  /** Adds something of the user at the end, as the format has it. */
  function edit(file: string): void {
    const text = rig.read(file);
    if (/\.jsonc?$/.test(file)) {
      const at = text.lastIndexOf(text.trimEnd().endsWith(']') ? ']' : '}');
      const added = text.trimEnd().endsWith(']') ? '{"name":"later"}' : '"later": 1';
      const comma = /[,[{]\s*$/.test(text.slice(0, at)) ? '' : ',';
      rig.write(file, `${text.slice(0, at).trimEnd()}${comma} ${added}\n${text.slice(at)}`);
    } else {
      rig.write(
        file,
        `${text.trimEnd()}\n${file.endsWith('.yaml') || file.endsWith('.yml') ? 'later: 1' : 'later = 1'}\n`,
      );
    }
  }

  function readAny(file: string): string {
    try {
      return rig.read(file);
    } catch {
      return '';
    }
  }

  /** Lines of the user that connecting replaced or kept. */
  function meaningful(text: string): readonly string[] {
    return text
      .split('\n')
      .map((line) => line.trim().replace(/,$/, ''))
      .filter((line) => line.length > 4 && !line.startsWith('{'));
  }
});
