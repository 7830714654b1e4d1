import assert from 'node:assert/strict';
import { escapeMarkdown } from '../../../../extension/status-bar/escape-markdown.ts';

describe('text as Markdown', () => {
  it('escapes every sign that means something, a backslash first', () => {
    assert.equal(escapeMarkdown('\\*_[x](y)|<'), '\\\\\\*\\_\\[x\\]\\(y\\)\\|\\<');
  });

  it('is one line', () => {
    assert.equal(escapeMarkdown('a\r\n\n b\tc\u0007d'), 'a b c d');
  });

  it('makes no icon', () => {
    assert.doesNotMatch(escapeMarkdown('$(zap) $$(zap)'), /\$\\?\(/);
  });

  it('is cut where it is too long for a tooltip', () => {
    assert.equal(escapeMarkdown('x'.repeat(5000)).length, 600);
  });
});
