// The error codes are a registry: code, status table, README table and every dialect must agree.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { clientDialects } from '../../daemon/dialects/registry.ts';
import { RouterError, STATUS_BY_CODE } from '../../daemon/errors.ts';
import type { ErrorCode } from '../../daemon/protocol/vocabulary.ts';

const root = path.join(import.meta.dirname, '..', '..');
const codes = Object.keys(STATUS_BY_CODE) as ErrorCode[];

describe('error codes', () => {
  it('are pinned in number, so that a new one is a decision', () => {
    assert.equal(codes.length, 18);
  });

  it('stand in the README table with their status, and the table has no others', () => {
    const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
    const rows = [...readme.matchAll(/^\| `([a-z_]+\.[a-z_]+)` +\| (\d{3})/gm)];
    const listed = Object.fromEntries(rows.map((row) => [row[1], Number(row[2])]));
    assert.deepEqual(listed, { ...STATUS_BY_CODE });
  });

  for (const dialect of clientDialects) {
    for (const code of codes) {
      it(`${code} has a ${dialect.id} body with a sentence and the status of the table`, () => {
        const { statusCode, body } = dialect.encodeError(new RouterError(code, 'this happened; do that'));
        assert.equal(statusCode, STATUS_BY_CODE[code]);
        assert.match(JSON.stringify(body), /this happened; do that/);
      });
    }
  }
});
