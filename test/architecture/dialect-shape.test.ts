// Every dialect folder has the same files, so that whoever knows one knows all.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { upstreamDialects } from '../../daemon/dialects/registry.ts';

const folder = path.join(import.meta.dirname, '..', '..', 'daemon', 'dialects');
const SHAPE = [
  'decode-request.ts',
  'decode-response.ts',
  'dialect.ts',
  'encode-request.ts',
  'encode-response.ts',
  'errors.ts',
  'finish-reason.ts',
  'passthrough.ts',
  'stream-decoder.ts',
  'stream-encoder.ts',
];

const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());

describe('dialect folders', () => {
  for (const { name } of folders) {
    it(`${name} has every file of the shape`, () => {
      const files = readdirSync(path.join(folder, name));
      assert.deepEqual(
        SHAPE.filter((file) => !files.includes(file)),
        [],
      );
    });
  }

  it('are registered, each under its own name', () => {
    assert.deepEqual(
      upstreamDialects.map((dialect) => dialect.id).toSorted(),
      folders.map(({ name }) => name).toSorted(),
    );
  });
});
