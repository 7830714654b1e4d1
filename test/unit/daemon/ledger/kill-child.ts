// A process for kill.test.ts: books exchanges without end and prints the number of the last one that `flush`
// acknowledged. It is killed from outside.

import { writeSync } from 'node:fs';
import { openLedger } from '../../../../daemon/ledger/sqlite-ledger.ts';
import { systemClock } from '../../../../daemon/util/clock.ts';
import { silentLog } from '../../../../daemon/util/log.ts';
import { exchange } from './ledger-fixtures.ts';

const [path = '', round = ''] = process.argv.slice(2);
const ledger = openLedger({ path, clock: systemClock, log: silentLog });

for (let number = 0; ; number++) {
  ledger.started({
    exchangeId: `x_${round}_open_${number}`,
    startedAt: new Date().toISOString(),
    client: 'opencode',
    clientDialect: 'openai-chat',
    requestModel: 'auto',
  });
  for (let index = 0; index < 7; index++) ledger.append(exchange(`x_${round}_${number * 7 + index}`));
  await ledger.flush();
  writeSync(1, `${number * 7 + 6}\n`);
}
