// Makes an extension host say that it runs on an old Node.js, as those of older editors do.
'use strict';

if (process.argv.includes('--type=extensionHost')) {
  Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.9.0' } });
}
