// What a folder must never change: where the daemon is, how it was started, what it is configured for and who is let in.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type { BudgetsBody, StatusBody } from '../../../daemon/protocol/control-api.ts';
import type { TestHome } from '../test-home.ts';

/** Equal as long as nothing has changed, also after a restart; what time and traffic change is left out. */
export async function standingOf(home: TestHome): Promise<Readonly<Record<string, unknown>>> {
  const daemon = await home.daemon();
  const status = (await daemon.control('GET', 'status')) as StatusBody;
  const { budgets } = (await daemon.control('GET', 'budgets')) as BudgetsBody;
  const file = (name: string): string => readFileSync(path.join(home.folder, name), 'utf8');
  return {
    url: status.url,
    home: status.home,
    books: status.ledger.path,
    config: status.config,
    profile: status.profile,
    baseline: status.baseline,
    override: status.override,
    providers: status.providers.map(({ name, usable, why }) => ({ name, usable, why })),
    models: status.models.map(({ id, provider, upstreamModel, tier, inputUsdPerMtok, outputUsdPerMtok }) =>
      [id, provider, upstreamModel, tier, inputUsdPerMtok, outputUsdPerMtok].join(' '),
    ),
    budgets: budgets.map(({ scope, period, limitUsd, onReach }) => ({ scope, period, limitUsd, onReach })),
    files: [file('config.jsonc'), file('token'), file('admin-token')],
    program: programOf(daemon.pid),
  };
}

/** How it was started; nothing where there is no /proc. */
function programOf(pid: number): readonly string[] {
  const words = (name: string): readonly string[] => {
    const file = `/proc/${pid}/${name}`;
    return existsSync(file) ? readFileSync(file, 'utf8').split('\0') : [];
  };
  const command = words('cmdline');
  const replaced = command.indexOf('--replace');
  const args = command.filter((_, index) => replaced < 0 || index < replaced || index > replaced + 1);
  return [...args, ...words('environ').toSorted()];
}
