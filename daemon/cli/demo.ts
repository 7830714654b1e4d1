// `pointsman demo`: see daemon/demo/. Loaded only when asked for, since it carries the official SDK.

import type { Command } from './command.ts';

export const demoCommand: Command = {
  name: 'demo',
  synopsis: '[--keep]',
  summary: 'Do the main job once, with simulated providers: no key, no network.',
  options: { keep: { type: 'boolean' } },
  optionHelp: { keep: 'leave the daemon and the simulated providers running until Ctrl+C' },
  async run(context, values) {
    const { runDemo } = await import('../demo/run-demo.ts');
    return await runDemo({
      daemonCommand: context.selfCommand,
      keep: values['keep'] === true,
      useColour: context.useColour,
      print: context.print,
    });
  },
};
