import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { keepCompiled, useCompileCache } from '../../../../daemon/lifecycle/compile-cache.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('what V8 compiled', () => {
  const folder = temporaryFolder();

  it('is kept for a few versions: the oldest files go', () => {
    const inner = folder.file('kept/v24');
    mkdirSync(inner, { recursive: true });
    for (let index = 0; index < 30; index += 1) {
      writeFileSync(path.join(inner, `file${index}`), 'compiled');
      utimesSync(path.join(inner, `file${index}`), 1000 + index, 1000 + index);
    }
    keepCompiled(folder.file('kept'));
    const left = readdirSync(inner);
    assert.equal(left.length, 12);
    assert.ok(left.includes('file29') && !left.includes('file17'));
  });

  it('hinders no start where it cannot be kept', () => {
    writeFileSync(folder.file('taken'), '');
    useCompileCache(folder.file('taken'));
    keepCompiled(folder.file('taken'));
  });
});
