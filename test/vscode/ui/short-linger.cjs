// For `--require`: in extension hosts, a daemon that is started lingers for as many seconds as a test can wait for.
// Everything else is as it is shipped.
'use strict';

const SECONDS = '3';

if (process.argv.includes('--type=extensionHost')) {
  const childProcess = require('node:child_process');
  const { spawn } = childProcess;
  childProcess.spawn = (file, args, ...rest) => {
    const option = Array.isArray(args) ? args.indexOf('--linger') : -1;
    return spawn(file, option === -1 ? args : args.with(option + 1, SECONDS), ...rest);
  };
}
