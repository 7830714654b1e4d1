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
});
