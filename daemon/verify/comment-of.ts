// Finds the comment of one line of code by the marks of its language. A mark within quotes is none.

const HASH: ReadonlySet<string> = new Set(
  'python py python3 ruby rb sh bash shell zsh yaml yml toml r perl elixir ex dockerfile makefile make ini nix julia jl powershell ps1 graphql terraform hcl tf conf pyi'.split(
    ' ',
  ),
);
const DASHES: ReadonlySet<string> = new Set('sql lua haskell hs ada elm plsql postgresql mysql'.split(' '));
const SLASHES: ReadonlySet<string> = new Set(
  'ts tsx js jsx javascript typescript mjs cjs mts cts java kotlin kt c cpp h hpp cs csharp go rust rs swift scala dart php json jsonc json5 scss less css vue svelte groovy proto zig'.split(
    ' ',
  ),
);

/** Text of the comment, without its mark; null = the line has none. Lines inside a block comment begin with `*`. */
export function commentOf(line: string, language: string): string | null {
  const bare = line.trimStart();
  if (/^(?:\*(?!\/)|\*\*) ?/.test(bare) && !/^\*+\w/.test(bare)) return bare.replace(/^\*+ ?/, '');
  const isKnown = HASH.has(language) || DASHES.has(language) || SLASHES.has(language);
  const marks: string[] = ['<!--', '/*', '{/*'];
  if (!HASH.has(language) && !DASHES.has(language)) marks.push('//');
  if (HASH.has(language) || language === 'php' || (!isKnown && /^#(?:\s|TODO|FIXME)/.test(bare)))
    marks.push('#');
  if (!isKnown && !marks.includes('#') && /\s# /.test(bare)) marks.push('# ');
  if (DASHES.has(language)) marks.push('--');
  const at = firstOutsideQuotes(line, marks);
  return at === null ? null : line.slice(at.index + at.mark.length);
}

function firstOutsideQuotes(line: string, marks: readonly string[]): { index: number; mark: string } | null {
  let quote = '';
  for (let index = 0; index < line.length; index += 1) {
    const char = line.charAt(index);
    if (quote !== '') {
      if (char === '\\') index += 1;
      else if (char === quote) quote = '';
      continue;
    }
    const mark = marks.find((one) => line.startsWith(one, index));
    if (mark !== undefined && !(mark === '//' && line.charAt(index - 1) === ':')) return { index, mark };
    if (char === '"' || char === '`' || (char === "'" && !/\w/.test(line.charAt(index - 1)))) quote = char;
  }
  return null;
}
