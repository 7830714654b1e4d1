// A window with a process of its own: `node window-process.ts HOME SCRIPT`. Prints the daemon's process id once it is
// ready, and goes when its standard input is closed.

import { createSupervisor } from '../../extension/daemon/supervisor.ts';

const [home = '', script = ''] = process.argv.slice(2);
const supervisor = createSupervisor({
  settings: () => ({ home, port: 0 }),
  version: '0.1.0',
  lingerS: 600,
  script: () => Promise.resolve(script),
  node: process.execPath,
  nodeVersion: process.versions.node,
  environment: process.env,
});
const { pid } = await supervisor.start();
process.stdout.write(`${pid}\n`);
process.stdin.on('end', () => supervisor.dispose());
process.stdin.resume();
