// Files of NAME=value lines, as dotenv reads them: what is no such line is nobody's business.

import type { SetEdit } from './assistant.ts';
import { createMarkedEditor, type Entry, type TextSyntax } from './marked-text.ts';

const envSyntax: TextSyntax = {
  freshPlace: 'end',
  entries,
  scalar: (raw) => /^\s*(["'`])([\s\S]*)\1/.exec(raw)?.[2] ?? raw.replace(/\s+#.*$/s, '').trim(),
  renderSet: ({ path, value }: SetEdit) => [
    `${path.join('.')}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  ],
  renderItem: () => [],
};

export const envEditor = createMarkedEditor(envSyntax);

function entries(lines: readonly string[]): readonly Entry[] {
  const found: Entry[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const match = /^\s*(?:export\s+)?([\w.-]+)\s*[=:](.*)/s.exec(lines[index] ?? '');
    if (match === null) continue;
    const first = index;
    let raw = match[2] ?? '';
    const quote = /^\s*(["'`])/.exec(raw)?.[1];
    // A value in quotes may go on over lines; a quote that never ends is taken for text, as dotenv does.
    if (quote !== undefined && !isClosed(raw, quote)) {
      const end = lines.findIndex((line, at) => at > index && line.includes(quote));
      if (end > 0) {
        raw += lines.slice(index + 1, end + 1).join('');
        index = end;
      }
    }
    found.push({ kind: 'key', path: [match[1] ?? ''], first, last: index, raw });
  }
  return found;
}

function isClosed(raw: string, quote: string): boolean {
  return raw.trimStart().slice(1).includes(quote);
}
