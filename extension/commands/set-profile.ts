// "Set the profile": price or quality first, for every request that does not say otherwise.

import * as vscode from 'vscode';

import type { StatusBody } from '../../daemon/protocol/control-api.ts';
import type { Profile } from '../../daemon/protocol/vocabulary.ts';
import { daemonOf, say, type CommandDeps } from './command-deps.ts';

const PROFILES: readonly { readonly profile: Profile; readonly label: string; readonly detail: string }[] = [
  {
    profile: 'budget',
    label: 'Budget',
    detail: 'The least expensive models that can do the job, even if a second try is likelier.',
  },
  {
    profile: 'balanced',
    label: 'Balanced',
    detail: 'The least expected cost, a second try by a stronger model included.',
  },
  {
    profile: 'quality',
    label: 'Quality',
    detail: 'Stronger models sooner; still the cheaper one where both can surely do it.',
  },
];

export async function setProfile(deps: CommandDeps): Promise<void> {
  const connection = await daemonOf(deps);
  const { profile: current } = (await connection.call('GET', 'status')) as StatusBody;
  const items = PROFILES.map(({ profile, label, detail }) => ({
    profile,
    label: profile === current ? `$(check) ${label}` : label,
    description: profile === current ? 'current' : '',
    detail,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: 'Profile',
    placeHolder: 'Holds for every request that names no profile itself. Written into your configuration.',
  });
  if (chosen === undefined || chosen.profile === current) return;
  await connection.call('PUT', 'profile', { profile: chosen.profile });
  say(`Profile: ${chosen.profile}`);
}
