import assert from 'node:assert/strict';

import { packagedManifest, packagedMarkdown } from '../../package/packaged-text.ts';

describe('the text of the package', () => {
  it('says in words what a picture shows that nobody could load', () => {
    assert.equal(packagedMarkdown('![The demo](media/demo.png)'), '_The demo._');
  });

  it('turns links to files that are not shipped into words', () => {
    assert.equal(packagedMarkdown('see [the guide](daemon/README.md).'), 'see the guide.');
  });

  it('keeps addresses, places in the text and code', () => {
    const markdown =
      'a [site](https://example.com) ![seen](https://example.com/a.png) [below](#below) `[x](y)`\n```\n![z](z.png)\n```\n';
    assert.equal(packagedMarkdown(markdown), markdown);
  });
});

describe('the manifest of the package', () => {
  it('keeps what the editor reads and the script that it runs', () => {
    const manifest = {
      name: 'pointsman',
      private: true,
      contributes: { commands: [] },
      scripts: { build: 'x', 'vscode:prepublish': 'y', 'vscode:uninstall': 'z' },
      devDependencies: { mocha: '1' },
    };
    assert.deepEqual(packagedManifest(manifest), {
      name: 'pointsman',
      contributes: { commands: [] },
      scripts: { 'vscode:uninstall': 'z' },
    });
  });
});
