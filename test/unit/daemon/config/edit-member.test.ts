import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { ConfigStore } from '../../../../daemon/config/config-store.ts';
import { withMember } from '../../../../daemon/config/edit-member.ts';
import { parseJsonc } from '../../../../daemon/config/jsonc-document.ts';
import { silentLog } from '../../../../daemon/util/log.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

const BUDGETS = [{ scope: 'all', period: 'day', limitUsd: 5 }];

describe('a member of a configuration file', () => {
  const folder = temporaryFolder();

  it('is replaced and leaves every other byte as it was', () => {
    const text =
      '{\n  // mine\n  "port": 1, // odd   spacing\n  "budgets": [],\n  "profile" :"quality",\n}\n';
    const changed = withMember(text, ['budgets'], BUDGETS) ?? '';
    const [before, after] = text.split('[]');
    assert.ok(changed.startsWith(before ?? '-') && changed.endsWith(after ?? '-'));
    const parsed = parseJsonc(changed);
    assert.deepEqual(parsed.ok && JSON.parse(JSON.stringify(parsed.document.value)), {
      port: 1,
      budgets: BUDGETS,
      profile: 'quality',
    });
  });

  it('is added where there is none, indented as the file is', () => {
    assert.match(withMember('{\n\t"port": 1\n}\n', ['budgets'], []) ?? '', /\n\t"budgets": \[\]\n}\n$/);
    assert.match(withMember('', ['budgets'], []) ?? '', /"budgets": \[\]/);
    assert.match(withMember('{\r\n  "port": 1\r\n}\r\n', ['budgets'], []) ?? '', /,\r\n {2}"budgets"/);
  });

  it('is not written into a text with mistakes', () => {
    assert.equal(withMember('{"port": 1', ['budgets'], []), null);
  });

  it('comes into force with the file, or not at all', async () => {
    const path = folder.file('config.jsonc');
    const clock = createVirtualClock();
    const store = new ConfigStore({ path, clock, log: silentLog });
    assert.deepEqual(await store.putMember(['budgets'], BUDGETS), { ok: true });
    assert.equal(store.current.budgets[0]?.limitUsd, 5);
    const text = readFileSync(path, 'utf8');
    const wrong = await store.putMember(['budgets'], [{ scope: 'all' }]);
    assert.match(wrong.ok ? '' : wrong.error, /budgets\[0\]\.period is missing/);
    assert.equal(readFileSync(path, 'utf8'), text);
    writeFileSync(path, '{ "budgets": [ ');
    const broken = await store.putMember(['budgets'], BUDGETS);
    assert.match(broken.ok ? '' : broken.error, /has mistakes of its own.*mend it first/);
    assert.equal(readFileSync(path, 'utf8'), '{ "budgets": [ ');
    store.close();
  });
});
