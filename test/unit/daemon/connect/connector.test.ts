import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { createRig, type Rig } from './connect-rig.ts';
import { SAMPLES, type Sample } from './sample-homes.ts';

describe('connecting an assistant', () => {
  const folder = temporaryFolder();
  let rig: Rig;
  beforeEach(() => {
    rig = createRig(folder.path);
  });

  function prepare(sample: Sample): void {
    for (const [file, text] of Object.entries(sample.before)) {
      if (text !== null) rig.write(file, text, 0o640);
    }
  }

  for (const sample of SAMPLES) {
    describe(`${sample.id} ${sample.name}`, () => {
      it('[A6] writes exactly what is expected', async () => {
        prepare(sample);
        const { state, changedPaths } = await rig.connect(sample.id);
        for (const [file, text] of Object.entries(sample.after)) assert.equal(rig.read(file), text);
        assert.equal(state, 'connected');
        assert.deepEqual(
          changedPaths,
          Object.keys(sample.after).map((file) => rig.at(file)),
        );
      });

      it('[C1] is put back byte for byte, folders and modes included', async () => {
        prepare(sample);
        const before = rig.snapshot();
        await rig.connect(sample.id);
        assert.notDeepEqual(rig.snapshot(), before);
        const { state } = await rig.undo(sample.id);
        assert.deepEqual(rig.snapshot(), before);
        assert.equal(state, 'not-connected');
      });
    });
  }

  it('keeps copies that nobody else can read, outside of the assistant’s folders', async () => {
    rig.write('.claude/settings.json', '{"a":1}', 0o644);
    const { backupPaths } = await rig.connect('claude-code');
    const [copy = ''] = backupPaths;
    assert.equal(readFileSync(copy, 'utf8'), '{"a":1}');
    assert.equal(statSync(copy).mode & 0o777, 0o600);
    assert.ok(copy.startsWith(rig.home));
    assert.equal(statSync(path.join(rig.home, 'connect.json')).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(path.join(rig.userHome, '.claude')), ['settings.json']);
  });
});
