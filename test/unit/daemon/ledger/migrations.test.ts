import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../../../daemon/ledger/migrations.ts';

describe('migrations', () => {
  let db: DatabaseSync;
  beforeEach(() => {
    db = new DatabaseSync(':memory:');
  });
  afterEach(() => db.close());

  const version = (): unknown => db.prepare('PRAGMA user_version').get()?.['user_version'];

  it('bring a new file to the newest schema, once', () => {
    migrate(db);
    const first = version();
    migrate(db);
    assert.equal(version(), first);
    assert.equal(db.prepare('SELECT count(*) AS n FROM exchanges').get()?.['n'], 0);
  });

  it('run only the steps that a file has not had', () => {
    migrate(db, ['CREATE TABLE a (x)']);
    migrate(db, ['CREATE TABLE a (x)', 'CREATE TABLE b (x)']);
    assert.equal(version(), 2);
    assert.deepEqual(
      db
        .prepare('SELECT name FROM sqlite_schema ORDER BY name')
        .all()
        .map((row) => row['name']),
      ['a', 'b'],
    );
  });

  it('undo a step that fails half-way', () => {
    assert.throws(() => migrate(db, ['CREATE TABLE a (x)', 'CREATE TABLE b (x); CREATE TABLE b (x)']));
    assert.equal(version(), 1);
    assert.equal(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'], 1);
  });

  it('refuse a file of a newer program', () => {
    db.exec('PRAGMA user_version = 99');
    assert.throws(() => migrate(db), /newer than this program/u);
  });
});
