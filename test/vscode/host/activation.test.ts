// The installed extension in a real extension host.

import assert from 'node:assert/strict';
import * as vscode from 'vscode';

const EXTENSION_ID = 'pointsman.pointsman';

describe('the installed extension', () => {
  it('is there and becomes active without an error', async () => {
    const extension = vscode.extensions.getExtension(EXTENSION_ID);
    assert.ok(extension, 'it is not installed');
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it('keeps remote windows from forwarding the daemon’s port by themselves', () => {
    const attributes = vscode.workspace.getConfiguration('remote').get<object>('portsAttributes');
    assert.deepEqual(
      Object.entries(attributes ?? {}).find(([port]) => port === '7411'),
      ['7411', { label: 'Pointsman', onAutoForward: 'ignore' }],
    );
  });
});
