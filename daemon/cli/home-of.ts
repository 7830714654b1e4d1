// Which home folder a command means.

import { homedir, platform } from 'node:os';
import { resolveHome } from '../lifecycle/home.ts';
import { textOption, type CliContext, type OptionValues } from './command.ts';

export function homeOf(context: CliContext, values: OptionValues): string {
  return resolveHome({
    argument: textOption(values, 'home'),
    environment: context.environment,
    platform: platform(),
    homedir: homedir(),
  });
}
