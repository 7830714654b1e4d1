// A process for storage-faults.test.ts, started with a limit on file sizes: books until the file takes no more and
// prints what the ledger says then.

import { openLedger } from '../../../../daemon/ledger/sqlite-ledger.ts';
import { systemClock } from '../../../../daemon/util/clock.ts';
import { silentLog } from '../../../../daemon/util/log.ts';
import { exchange } from './ledger-fixtures.ts';

const [path = ''] = process.argv.slice(2);
const ledger = openLedger({ path, clock: systemClock, log: silentLog });
let booked = 0;
while (ledger.state().ok && booked < 10_000) {
  for (let index = 0; index < 100; index++) ledger.append(exchange(`x_${booked++}`));
  await ledger.flush();
}
ledger.append(exchange(`x_${booked++}`));
const { requests } = ledger.totals({});
const last = ledger.exchange(`x_${booked - 1}`)?.exchangeId;
process.stdout.write(JSON.stringify({ booked, requests, last, ...ledger.state() }));
await ledger.close();
