// `pointsman dashboard`: an address that opens the running daemon's dashboard in a browser, once. Opens nothing itself.

import type { DashboardTicketBody } from '../protocol/control-api.ts';
import type { Command } from './command.ts';
import { connectToDaemon } from './daemon-client.ts';
import { homeOf } from './home-of.ts';

export const dashboardCommand: Command = {
  name: 'dashboard',
  synopsis: '[--json]',
  summary: 'Print an address that opens the dashboard in a browser; it works once, for a minute.',
  options: { json: { type: 'boolean' } },
  optionHelp: { json: 'print {"url", "expiresAt"} as JSON' },
  async run(context, values) {
    const daemon = await connectToDaemon(homeOf(context, values));
    const ticket = (await daemon.call('POST', 'dashboard-ticket', {})) as DashboardTicketBody;
    context.print(values['json'] === true ? JSON.stringify(ticket) : ticket.url);
    return 0;
  },
};
