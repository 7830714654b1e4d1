// `pointsman token`: the token that assistants are given instead of a provider key.

import { loadTokens, rotateTokens } from '../lifecycle/tokens.ts';
import { prepareHome } from '../lifecycle/home.ts';
import type { Command } from './command.ts';
import { homeOf } from './home-of.ts';

export const tokenCommand: Command = {
  name: 'token',
  synopsis: '[--rotate] [--admin] [--json]',
  summary: 'Print the client token (the "API key" for assistants); --rotate replaces it at once.',
  options: { rotate: { type: 'boolean' }, admin: { type: 'boolean' }, json: { type: 'boolean' } },
  optionHelp: {
    rotate: 'make a new token; the old one stops working at once',
    admin: 'the admin token (control API) instead of the client token',
    json: 'print as JSON',
  },
  async run(context, values) {
    const home = homeOf(context, values);
    prepareHome(home);
    const which = values['admin'] === true ? 'admin' : 'client';
    const tokens = values['rotate'] === true ? rotateTokens(home, which) : loadTokens(home);
    context.print(values['json'] === true ? JSON.stringify({ [which]: tokens[which] }) : tokens[which]);
    return 0;
  },
};
