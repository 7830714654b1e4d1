// Guards what extension/README.md promises of imports: what the extension may know of the daemon, and where the editor,
// the network, the disk and processes are met. A text scan, since it also sees type-only imports.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..', '..', 'extension');

/** Which places (folders or files of extension/) may import what. */
const ONLY_IN: readonly { readonly module: RegExp; readonly places: readonly string[] }[] = [
  { module: /^node:child_process$/, places: ['daemon/spawn.ts'] },
  { module: /^node:https?$/, places: ['daemon/', 'language-model/'] },
  { module: /^node:fs(\/promises)?$/, places: ['daemon/'] },
  { module: /^ws$/, places: ['daemon/event-stream.ts'] },
  { module: /^uplot/, places: ['dashboard/webview/'] },
];

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((name) => name.split(path.sep).join('/'))
  .filter((name) => name.endsWith('.ts'));

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly isTypeOnly: boolean;
}

const imports: readonly Import[] = files.flatMap((file) => {
  const text = readFileSync(path.join(root, file), 'utf8');
  const found = text.matchAll(
    /(?:^|\n)(?:import|export)(\s+type)?\s[^;]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g,
  );
  return [...found].map((match) => ({
    file,
    specifier: match[2] ?? match[3] ?? match[4] ?? '',
    isTypeOnly: match[1] !== undefined,
  }));
});

/** Below extension/; `..` where it leaves it. */
function targetOf({ file, specifier }: Import): string {
  return path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier));
}

const isRelative = ({ specifier }: Import): boolean => specifier.startsWith('.');
const told = ({ file, specifier }: Import): string => `${file} imports ${specifier}`;

describe('the extension', () => {
  it('imports of the daemon only its protocol', () => {
    const wrong = imports.filter((one) => {
      if (!isRelative(one)) return false;
      const target = targetOf(one);
      return target.startsWith('..') && !target.startsWith('../daemon/protocol/');
    });
    assert.deepEqual(wrong.map(told), []);
  });

  it('keeps processes, sockets and the disk in the places that own them', () => {
    const wrong = imports.filter((one) =>
      ONLY_IN.some(
        ({ module, places }) =>
          module.test(one.specifier) && !places.some((place) => one.file.startsWith(place)),
      ),
    );
    assert.deepEqual(wrong.map(told), []);
  });

  it('runs its daemon side and its page without the editor', () => {
    const wrong = imports.filter(
      ({ file, specifier, isTypeOnly }) =>
        specifier === 'vscode' && !isTypeOnly && /^(?:daemon|dashboard\/webview)\//.test(file),
    );
    assert.deepEqual(wrong.map(told), []);
  });

  it('lets the page in the browser import nothing of the editor side but what is pure', () => {
    const editorSide = new Set(
      imports.filter(({ specifier }) => specifier === 'vscode').map(({ file }) => file),
    );
    const wrong = imports.filter(
      (one) =>
        one.file.startsWith('dashboard/webview/') &&
        (one.specifier.startsWith('node:') || (isRelative(one) && editorSide.has(targetOf(one)))),
    );
    assert.deepEqual(wrong.map(told), []);
  });

  it('has no default exports and no barrel files', () => {
    const wrong = files.filter((file) => {
      const text = readFileSync(path.join(root, file), 'utf8');
      return /^export default\b/m.test(text) || /^export \* from/m.test(text);
    });
    assert.deepEqual(wrong, []);
  });

  it('says at the head of every file what it is for', () => {
    const wrong = files.filter((file) => !readFileSync(path.join(root, file), 'utf8').startsWith('// '));
    assert.deepEqual(wrong, []);
  });

  it('has a guide whose links lead somewhere', () => {
    const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, target = '']) => target);
    assert.ok(links.length > 8);
    assert.deepEqual(
      links.filter((target) => !existsSync(path.join(root, target))),
      [],
    );
  });
});
