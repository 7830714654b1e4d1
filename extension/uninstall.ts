// Run by the editor when it starts again after the extension was removed, in plain Node and with five seconds of time:
// ends the daemon that the extension started and removes the copies that it ran from. Books, configuration and tokens
// stay: they are the user's. A daemon that the user started is known by its missing linger and is left alone. Should
// anything here fail, or the editor not start again, the linger ends the daemon all the same.

import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { MAX_DRAIN_MS } from '../daemon/protocol/control-api.ts';
import { askToLeave } from './daemon/ask-to-leave.ts';
import { homeFolder } from './daemon/home.ts';
import { forgetInstallations, readInstallations, recordPath } from './daemon/installation-record.ts';
import { removeAllCopies } from './daemon/stage.ts';

const PATIENCE_MS = 1500;

async function uninstall(): Promise<void> {
  const where = { environment: process.env, platform: process.platform, homedir: homedir() };
  const record = recordPath(where);
  // This file lies in EXTENSIONS/pointsman.pointsman-VERSION/dist.
  const extensionsFolder = dirname(dirname(__dirname));
  const ours = readInstallations(record).filter((other) => other.extensionsFolder === extensionsFolder);
  const homes = new Set([...ours.map(({ home }) => home), homeFolder(where)]);
  // A hand-over to nobody: what runs is finished, and another editor that still needs a daemon starts its own.
  const wish = { drainMs: MAX_DRAIN_MS, patienceMs: PATIENCE_MS, onlyLingering: true };
  await Promise.all([...homes].map((home) => askToLeave(home, wish)));
  for (const copies of new Set(ours.map((installation) => installation.copies))) {
    await removeAllCopies(copies).catch(() => undefined);
  }
  forgetInstallations(record, extensionsFolder);
}

void uninstall().then(
  () => process.exit(0),
  () => process.exit(0), // nobody could do anything about it now
);
