import assert from 'node:assert/strict';
import { panelHtml } from '../../../../extension/dashboard/panel-html.ts';

const HTML = panelHtml({
  cspSource: 'https://*.vscode-cdn.net',
  scriptUri: 'https://file/dashboard.js?a="b"&c',
  styleUri: 'https://file/dashboard.css',
  nonce: 'abc123',
});

describe('panel HTML', () => {
  it('allows no script but the one with the nonce, no connection, and nothing inline', () => {
    const policy = /content="(default-src[^"]*)"/.exec(HTML)?.[1] ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'nonce-abc123'(;|$)/);
    assert.match(policy, /connect-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*(?!\.vscode-cdn)/);
  });

  it('carries one script, with the nonce, and no inline script or style', () => {
    const scripts = HTML.match(/<script[^>]*>[^<]*<\/script>/g) ?? [];
    assert.equal(scripts.length, 1);
    assert.match(scripts[0] ?? '', /nonce="abc123" src="[^"]+"><\/script>/);
    assert.doesNotMatch(HTML, /<style| style=| on\w+=/);
  });

  it('escapes the addresses', () => {
    assert.match(HTML, /src="https:\/\/file\/dashboard\.js\?a=&quot;b&quot;&amp;c"/);
  });
});
