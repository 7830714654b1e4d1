// Guards the import direction and the "only here" rules of daemon/README.md by scanning import lines. A text scan, since
// it also sees type-only imports, which bundlers drop.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..', '..');

/** A folder imports only lower ranks and itself. `util` and `errors` are open to all but `protocol`. */
const RANKS: Readonly<Record<string, number>> = {
  protocol: 0,
  errors: 1,
  util: 2,
  conversation: 3,
  config: 4,
  dialects: 4,
  catalog: 5,
  classify: 5,
  privacy: 5,
  verify: 5,
  route: 6,
  upstream: 7,
  cache: 7,
  ledger: 7,
  pipeline: 8,
  connect: 8,
  http: 9,
  control: 9,
  lifecycle: 9,
  app: 10,
  audit: 11,
  demo: 11,
  cli: 12,
  main: 13,
};

/** Which places may import what. A place is a folder of daemon/, or a file. */
const ONLY_IN: readonly { readonly module: RegExp; readonly places: readonly string[] }[] = [
  { module: /^undici/, places: ['upstream/'] },
  // Whoever has a socket of its own: events to the editor and their reader, and requests of clients.
  { module: /^ws$/, places: ['control/', 'cli/', 'http/responses-socket.ts'] },
  { module: /^node:https?$/, places: ['http/', 'demo/', 'cli/'] },
  {
    module: /^node:fs(\/promises)?$/,
    places: [
      'ledger/',
      'cache/',
      'config/',
      'connect/',
      'catalog/load-',
      'lifecycle/',
      'audit/',
      'cli/',
      'demo/',
      'main.ts',
    ],
  },
  { module: /^node:child_process$/, places: ['cli/', 'demo/'] },
  { module: /^node:sqlite$/, places: ['ledger/', 'cache/answer-file.ts'] },
  { module: /^zod$/, places: ['config/', 'control/'] },
  { module: /^(openai|@anthropic-ai\/sdk)/, places: ['demo/'] },
  { module: /^vscode$/, places: [] },
];

interface ImportLine {
  readonly file: string;
  readonly specifier: string;
}

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.split(path.sep).join('/'))
    .toSorted();
}

function importsOf(folder: string): ImportLine[] {
  return sources(folder).flatMap((file) => {
    const text = readFileSync(path.join(root, folder, file), 'utf8');
    const found = text.matchAll(
      /(?:^|\n)(?:import|export)\s[^;]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)/g,
    );
    return [...found].map((match) => ({ file, specifier: match[1] ?? match[2] ?? '' }));
  });
}

/** The rank-bearing name of a file below daemon/: its folder, or its own name at the top. */
function unitOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : file.replace(/\.ts$/, '');
}

const daemonImports = importsOf('daemon');

describe('layers', () => {
  it('has a rank for every folder and top-level file of daemon/', () => {
    const unknown = new Set(
      sources('daemon')
        .map(unitOf)
        .filter((unit) => RANKS[unit] === undefined),
    );
    assert.deepEqual([...unknown], []);
  });

  it('imports only lower ranks', () => {
    const wrong = daemonImports.flatMap(({ file, specifier }) => {
      if (!specifier.startsWith('.')) return [];
      const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier));
      if (target.startsWith('..')) return [`${file} leaves daemon/: ${specifier}`];
      const [from, to] = [unitOf(file), unitOf(target)];
      if (from === to || (RANKS[to] ?? 99) < (RANKS[from] ?? -1)) return [];
      return [`${file} (rank ${RANKS[from]}) imports ${specifier} (rank ${RANKS[to]})`];
    });
    assert.deepEqual(wrong, []);
  });

  it('keeps protocol/ a leaf that imports nothing but itself', () => {
    const wrong = daemonImports.filter(
      ({ file, specifier }) => file.startsWith('protocol/') && !specifier.startsWith('./'),
    );
    assert.deepEqual(wrong, []);
  });

  it('keeps each module in the places that own it', () => {
    const wrong = daemonImports.flatMap(({ file, specifier }) =>
      ONLY_IN.filter(
        ({ module, places }) => module.test(specifier) && !places.some((place) => file.startsWith(place)),
      ).map(() => `${file} imports ${specifier}`),
    );
    assert.deepEqual(wrong, []);
  });

  it('reads process.env only in main.ts', () => {
    const wrong = sources('daemon').filter(
      (file) =>
        file !== 'main.ts' && /\bprocess\.env\b/.test(readFileSync(path.join(root, 'daemon', file), 'utf8')),
    );
    assert.deepEqual(wrong, []);
  });

  it('keeps dialect folders apart from one another', () => {
    const wrong = daemonImports.filter(({ file, specifier }) => {
      const own = /^dialects\/([^/]+)\//.exec(file)?.[1];
      if (own === 'passed-on') return false; // forms of chat completions, read with that dialect's codec
      if (own === undefined || !specifier.startsWith('../')) return false;
      const other = /^\.\.\/([a-z-]+)\//.exec(specifier)?.[1];
      return other !== undefined && other !== own;
    });
    assert.deepEqual(wrong, []);
  });

  it('names wire fields only in dialects/', () => {
    const fields =
      /['"`.](prompt_tokens|completion_tokens|finish_reason|max_completion_tokens|stream_options|tool_calls)\b/;
    const wrong = sources('daemon').filter(
      (file) =>
        !/^(dialects|demo)\//.test(file) &&
        fields.test(readFileSync(path.join(root, 'daemon', file), 'utf8')),
    );
    assert.deepEqual(wrong, []);
  });

  it('names vendor hosts only in data', () => {
    const hosts =
      /\b(api\.openai\.com|api\.anthropic\.com|api\.deepseek\.com|openrouter\.ai|api\.mistral\.ai)\b/;
    const wrong = sources('daemon').filter((file) => {
      const code = readFileSync(path.join(root, 'daemon', file), 'utf8').replace(
        /\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
        '',
      );
      return hosts.test(code);
    });
    assert.deepEqual(wrong, []);
  });

  it('has no default exports and no barrel files', () => {
    const wrong = sources('daemon').filter((file) => {
      const text = readFileSync(path.join(root, 'daemon', file), 'utf8');
      return /^export default\b/m.test(text) || /^export \* from/m.test(text);
    });
    assert.deepEqual(wrong, []);
  });
});

describe('layers of the extension', () => {
  const imports = importsOf('extension');
  const inEditor = (file: string): boolean => !/^(daemon|dashboard\/webview)\//.test(file);
  const resolved = ({ file, specifier }: ImportLine): string =>
    path.posix.normalize(path.posix.join('extension', path.posix.dirname(file), specifier));

  it('imports of the daemon only its protocol', () => {
    const wrong = imports.filter((line) => {
      const target = line.specifier.startsWith('.') ? resolved(line) : '';
      return target.startsWith('daemon/') && !target.startsWith('daemon/protocol/');
    });
    assert.deepEqual(wrong, []);
  });

  it('keeps the editor out of the way to the daemon and out of the page', () => {
    assert.deepEqual(
      imports.filter(({ file, specifier }) => specifier === 'vscode' && !inEditor(file)),
      [],
    );
  });

  it('keeps Node and the editor’s own parts out of the page', () => {
    const wrong = imports.filter((line) => {
      if (!line.file.startsWith('dashboard/webview/')) return false;
      if (!line.specifier.startsWith('.')) return line.specifier !== 'uplot';
      return !/^(extension\/dashboard|daemon\/protocol)\//.test(resolved(line));
    });
    assert.deepEqual(wrong, []);
  });

  it('starts processes and opens sockets in one place each', () => {
    const places: Readonly<Record<string, RegExp>> = {
      'node:child_process': /^daemon\/spawn\.ts$/,
      ws: /^daemon\/event-stream\.ts$/,
    };
    const wrong = imports.filter(({ file, specifier }) => places[specifier]?.test(file) === false);
    assert.deepEqual(wrong, []);
  });

  it('never parses HTML in the page', () => {
    const wrong = sources('extension/dashboard').filter((file) =>
      /\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write)\b/.test(
        readFileSync(path.join(root, 'extension/dashboard', file), 'utf8').replace(
          /\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
          '',
        ),
      ),
    );
    assert.deepEqual(wrong, []);
  });

  it('has no default exports and no barrel files', () => {
    const wrong = sources('extension').filter((file) =>
      /^export (default\b|\* from)/m.test(readFileSync(path.join(root, 'extension', file), 'utf8')),
    );
    assert.deepEqual(wrong, []);
  });
});

describe('the tree in daemon/README.md', () => {
  const readme = readFileSync(path.join(root, 'daemon', 'README.md'), 'utf8');
  const tree = /```text\ndaemon\/\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const listed = filesOfTree(tree);
  const present = readdirSync(path.join(root, 'daemon'), { recursive: true, encoding: 'utf8' })
    .map((name) => name.split(path.sep).join('/'))
    .filter((name) => /\.(ts|json)$/.test(name))
    .toSorted();

  it('lists every file that exists', () => {
    assert.deepEqual(
      present.filter((file) => !listed.includes(file)),
      [],
    );
  });

  it('lists no file that is missing', () => {
    assert.deepEqual(
      listed.filter((file) => !present.includes(file)),
      [],
    );
  });

  /** Two spaces a level; folders end in "/"; what follows the first name on a line is its description. */
  function filesOfTree(text: string): string[] {
    const folders: string[] = [];
    const files: string[] = [];
    for (const line of text.split('\n')) {
      const match = /^( +)(\S+)/.exec(line);
      if (match === null) continue;
      const depth = (match[1] ?? '').length / 2 - 1;
      const name = match[2] ?? '';
      folders.length = depth;
      if (name.endsWith('/')) folders[depth] = name;
      else files.push(`${folders.join('')}${name}`);
    }
    return files.toSorted();
  }
});
