import assert from 'node:assert/strict';
import type { DaemonClient } from '../../../../daemon/cli/daemon-client.ts';
import {
  compareWithDaemon,
  faultLine,
  ledgerStateOf,
  verifyLines,
  type DaemonTotals,
} from '../../../../daemon/cli/verify.ts';
import type { BookFault } from '../../../../daemon/ledger/compare-totals.ts';
import { openDatabase } from '../../../../daemon/ledger/database-file.ts';
import { LedgerStore } from '../../../../daemon/ledger/ledger-store.ts';
import { encodeRow } from '../../../../daemon/ledger/record-row.ts';
import {
  TOTALS_GROUPINGS,
  readTotalsOfFile,
  type VerifiedBooks,
} from '../../../../daemon/ledger/verify-books.ts';
import type { TotalsBody } from '../../../../daemon/protocol/control-api.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { createDice, randomExchange } from '../ledger/closing-rows.ts';
import { NOON_MS } from '../ledger/ledger-fixtures.ts';

const BOOKS: VerifiedBooks = {
  rows: 1200,
  attempts: 1250,
  rowsThatSayLess: 0,
  unpricedRows: 0,
  faultyRows: 0,
  faults: 0,
  firstStartedAt: '2026-10-01T08:00:00.000Z',
  lastStartedAt: '2026-11-21T08:00:00.000Z',
  terms: [
    { term: 'totals', checked: 600, wrong: 0 },
    { term: 'saved', checked: 1200, wrong: 0 },
  ],
  isCutShort: false,
};

function textOf(
  changes: Partial<VerifiedBooks> = {},
  daemonTotals: DaemonTotals = 'none',
  faults = 0,
): string {
  return verifyLines({ path: 'ledger.db', books: { ...BOOKS, ...changes }, daemonTotals, faults }).join('\n');
}

describe('verify for a person', () => {
  it('says what was checked, from where to where, and that it closes', () => {
    const text = textOf();
    assert.match(text, /^ledger\.db: 1,200 requests, 1,250 attempts, 2026-10-01 to 2026-11-21$/m);
    assert.match(text, /^saved +1,200 +0$[^]*^totals, in every grouping +600 +0$/m);
    assert.match(text, /^The books close\.$/m);
  });

  it('says how many figures are wrong', () => {
    assert.match(
      textOf({ faultyRows: 1 }, 'none', 2),
      /^The books do not close: 2 figures are wrong, in 1 row\.$/m,
    );
    assert.match(textOf({}, 'differ', 1), /^The books do not close: 1 figure is wrong\.$/m);
  });

  it('claims nothing of what it did not look at', () => {
    const text = textOf({ isCutShort: true });
    assert.match(text, /^Stopped before the last row; the totals were not checked\.$/m);
    assert.doesNotMatch(text, /close\./);
    assert.match(
      textOf({}, 'unwritten'),
      /^The running daemon cannot write its ledger .* was not checked\.$/m,
    );
    assert.match(textOf({}, 'busy'), /totals were not compared; run it again\.$/m);
    assert.match(textOf({ rowsThatSayLess: 3 }), /^3 rows do not say what every figure is made of/m);
    assert.match(textOf({ unpricedRows: 1 }), /^1 request has no known cost; no total counts it as 0\.$/m);
  });

  it('writes a fault as what is, what should be and why', () => {
    const fault: BookFault = {
      exchangeId: 'x_1',
      startedAt: '2026-11-21T08:00:00.000Z',
      term: 'savedUsd',
      stored: 0,
      recomputed: null,
      from: 'baseline - cost',
    };
    assert.equal(
      faultLine(fault),
      'x_1 2026-11-21T08:00:00.000Z  savedUsd is 0, should be unknown (baseline - cost)',
    );
    assert.equal(
      faultLine({ ...fault, stored: 'unreadable', from: 'its attempts are missing' }),
      'x_1 2026-11-21T08:00:00.000Z  cannot be read: its attempts are missing',
    );
    assert.match(faultLine({ ...fault, exchangeId: null }), /^savedUsd is 0/);
  });
});

describe('the totals of a daemon against those of its file', () => {
  const folder = temporaryFolder();
  let faults: BookFault[];
  const found = { add: (fault: BookFault) => void faults.push(fault) };

  beforeEach(() => {
    faults = [];
    const store = new LedgerStore(openDatabase(folder.file('ledger.db')));
    const dice = createDice(9);
    const rows = Array.from({ length: 50 }, (_, index) => encodeRow(randomExchange(dice, index, NOON_MS, 3)));
    store.write({ rows, started: [], tables: [], finished: [] });
    store.close();
  });

  /** Answers as the file says, with what is given changed. */
  function daemonThat(change: (totals: TotalsBody, call: number) => TotalsBody): Pick<DaemonClient, 'call'> {
    let calls = 0;
    return {
      call: (_method, route) => {
        const groupBy = new URLSearchParams(route.split('?')[1] ?? '').get('groupBy') ?? undefined;
        const totals = readTotalsOfFile(folder.file('ledger.db'))[
          TOTALS_GROUPINGS.findIndex((one) => one === groupBy)
        ];
        assert.ok(totals);
        return Promise.resolve(change(totals, calls++));
      },
    };
  }

  it('are no question while its books are in memory only', async () => {
    const ledger = { rows: 3, path: ':memory:', ok: false, error: 'cannot open /x/ledger.db' };
    const daemon = { call: () => Promise.resolve({ ledger }) };
    await assert.rejects(ledgerStateOf(daemon), /keeps it in memory: cannot open \/x\/ledger\.db$/);
    const stored = { ...ledger, path: folder.file('ledger.db') };
    assert.deepEqual(await ledgerStateOf({ call: () => Promise.resolve({ ledger: stored }) }), stored);
  });

  it('agree when they are the same', async () => {
    const result = await compareWithDaemon(
      daemonThat((totals) => totals),
      folder.file('ledger.db'),
      found,
    );
    assert.equal(result, 'agree');
    assert.deepEqual(faults, []);
  });

  it('differ when the daemon claims more', async () => {
    const boasting = daemonThat((totals) => ({ ...totals, savedUsd: totals.savedUsd * 1.01 + 1 }));
    assert.equal(await compareWithDaemon(boasting, folder.file('ledger.db'), found), 'differ');
    assert.equal(faults.length, TOTALS_GROUPINGS.length);
    assert.equal(faults[0]?.term, "the daemon's totals, savedUsd");
  });

  it('are compared again when a request came in meanwhile, and not at all when they keep coming', async () => {
    const onceAhead = daemonThat((totals, call) => ({
      ...totals,
      requests: totals.requests + (call === 3 ? 1 : 0),
    }));
    assert.equal(await compareWithDaemon(onceAhead, folder.file('ledger.db'), found), 'agree');
    const ahead = daemonThat((totals) => ({ ...totals, requests: totals.requests + 1 }));
    assert.equal(await compareWithDaemon(ahead, folder.file('ledger.db'), found), 'busy');
    assert.deepEqual(faults, []);
  });
});
