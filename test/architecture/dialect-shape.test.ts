// Every dialect folder has the same files, so that whoever knows one knows all. A dialect that only clients speak needs
// fewer: nothing is asked of a provider in it and no answer of one is read.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { isPassedOn } from '../../daemon/dialects/dialect.ts';
import { clientDialects, upstreamDialects } from '../../daemon/dialects/registry.ts';

const folder = path.join(import.meta.dirname, '..', '..', 'daemon', 'dialects');

const CLIENT_SHAPE = [
  'decode-request.ts',
  'dialect.ts',
  'encode-response.ts',
  'errors.ts',
  'stream-encoder.ts',
];
const SHAPE = [
  ...CLIENT_SHAPE,
  'decode-response.ts',
  'encode-request.ts',
  'finish-reason.ts',
  'passthrough.ts',
  'stream-decoder.ts',
];

/** Dialects that are never translated share one folder, see there. */
const PASSED_ON_FOLDER = 'passed-on';

const upstreamIds: readonly string[] = upstreamDialects
  .filter(({ id }) => !isPassedOn(id))
  .map(({ id }) => id);
const clientIds: readonly string[] = clientDialects.filter(({ id }) => !isPassedOn(id)).map(({ id }) => id);
const folders = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== PASSED_ON_FOLDER)
  .map(({ name }) => name);

describe('dialect folders', () => {
  for (const name of folders) {
    it(`${name} has every file of the shape`, () => {
      const files = readdirSync(path.join(folder, name));
      const shape = upstreamIds.includes(name) ? SHAPE : CLIENT_SHAPE;
      assert.deepEqual(
        shape.filter((file) => !files.includes(file)),
        [],
      );
    });
  }

  it('are registered, each under its own name', () => {
    assert.deepEqual([...new Set([...upstreamIds, ...clientIds])].toSorted(), folders.toSorted());
  });
});
