// Finds functions whose body is no body: they only throw "not implemented", or are `...` or `pass` where nothing in the
// code says that this is meant (protocols, overloads, abstract methods, empty classes).

const JS_NAMES: ReadonlySet<string> = new Set(
  'ts tsx js jsx javascript typescript mjs cjs mts cts java kotlin kt c# csharp cs dart swift scala php'.split(
    ' ',
  ),
);
const PYTHON_NAMES: ReadonlySet<string> = new Set(['python', 'py', 'python3', '']);

const THROWS =
  /\bthrow new \w*(?:Error|Exception)\(\s*['"`](?:[\w .:]{0,40}\b)?(?:not (?:yet )?implemented|unimplemented|todo|implement me)\b/i;
const THROWS_KIND =
  /\bthrow new (?:NotImplemented(?:Error|Exception)|UnsupportedOperationException\(\s*"(?:not|todo))/i;
const ELSEWHERE: Readonly<Record<string, RegExp>> = {
  rust: /\b(?:todo|unimplemented)!\s*\(/,
  rs: /\b(?:todo|unimplemented)!\s*\(/,
  kotlin: /\bTODO\(/,
  kt: /\bTODO\(/,
  go: /\bpanic\(\s*"(?:not (?:yet )?implemented|todo|unimplemented)/i,
  swift: /\bfatalError\(\s*"(?:not (?:yet )?implemented|todo|unimplemented)/i,
};

/** The lines that stand for a body. */
export function countStubs(code: string, language: string): readonly string[] {
  const lines = code.split('\n');
  const stubs: string[] = [];
  const elsewhere = ELSEWHERE[language];
  const isAbstract = /\babstract class\b|\bclass (?:Base|Abstract)\w*/.test(code);
  for (const line of lines) {
    if (line.length > 1000) continue;
    if (elsewhere?.test(line) === true) stubs.push(line);
    else if ((JS_NAMES.has(language) || language === '') && !isAbstract) {
      if (THROWS.test(line) || THROWS_KIND.test(line)) stubs.push(line);
    }
  }
  if (PYTHON_NAMES.has(language)) stubs.push(...pythonStubs(lines));
  return stubs;
}

interface PythonFunction {
  readonly indent: number;
  readonly isExempt: boolean;
  /** Its statements without the docstring; undefined = none on lines of their own. */
  readonly body: readonly string[];
}

function pythonStubs(lines: readonly string[]): readonly string[] {
  const functions = pythonFunctions(lines);
  const judged = functions.filter(({ isExempt }) => !isExempt);
  const only = (pattern: RegExp): PythonFunction[] =>
    judged.filter(({ body }) => body.length === 1 && pattern.test(body[0] ?? ''));
  const dots = only(/^(?:\.\.\.|…)$/);
  const raising = only(/^raise NotImplementedError\b/);
  const passing = only(/^pass$/);
  const found = [...dots];
  // A method that raises may be a base class's; a function cannot be.
  found.push(...raising.filter(({ indent }) => indent === 0 || raising.length === judged.length));
  if (passing.length === functions.length && passing.some(({ indent }) => indent === 0))
    found.push(...passing);
  else if (passing.length >= 2 && passing.length * 2 > functions.length) found.push(...passing);
  return found.map(({ body }) => body[0] ?? '');
}

function pythonFunctions(lines: readonly string[]): readonly PythonFunction[] {
  const functions: PythonFunction[] = [];
  let exemptIndent = -1;
  for (const [index, line] of lines.entries()) {
    const bare = line.trim();
    const indent = line.length - line.trimStart().length;
    if (bare === '' || line.length > 1000) continue;
    if (exemptIndent >= 0 && indent <= exemptIndent && !/^[)\]}]/.test(bare)) exemptIndent = -1;
    if (/^class \w+.*\b(?:Protocol|ABC|ABCMeta|Enum|TypedDict|NamedTuple|Base\w*|Abstract\w*)\b/.test(bare))
      exemptIndent = indent;
    else if (/^class (?:Base|Abstract|I[A-Z])\w*/.test(bare)) exemptIndent = indent;
    const head = /^(?:async )?def \w+/.exec(bare);
    if (head === null) continue;
    const decorators = lines.slice(Math.max(0, index - 4), index).map((one) => one.trim());
    const isMarked = decorators
      .slice(decorators.findLastIndex((one) => !one.startsWith('@')) + 1)
      .some((one) => /overload|abstract|singledispatch|fixture|command|group|stub/.test(one));
    functions.push({ indent, isExempt: isMarked || exemptIndent >= 0, body: bodyOf(lines, index, indent) });
  }
  return functions;
}

const MAX_BODY_LINES = 40;

/** Enough of a body to see whether it is one statement. */
function bodyOf(lines: readonly string[], headIndex: number, indent: number): readonly string[] {
  let index = headIndex;
  const last = Math.min(lines.length, headIndex + MAX_BODY_LINES);
  while (
    index < last &&
    !/:\s*(?:#.*)?$|:\s*(?:\.\.\.|pass|return\b.*)\s*(?:#.*)?$/.test((lines[index] ?? '').slice(-300))
  )
    index += 1;
  const inline = /:\s*(\.\.\.|pass)\s*(?:#.*)?$/.exec((lines[index] ?? '').slice(-300));
  if (inline !== null) return [inline[1] ?? ''];
  const body: string[] = [];
  let docQuote = '';
  for (index += 1; index < last; index += 1) {
    const line = lines[index] ?? '';
    const bare = line.trim();
    if (docQuote !== '') {
      if (bare.endsWith(docQuote)) docQuote = '';
      continue;
    }
    if (bare === '' || bare.startsWith('#')) continue;
    if (line.length - line.trimStart().length <= indent) break;
    const quote = /^[rubf]{0,2}("""|''')/i.exec(bare)?.[1];
    if (body.length === 0 && quote !== undefined) {
      if (!(bare.length >= 6 && bare.endsWith(quote))) docQuote = quote;
      continue;
    }
    body.push(bare.replace(/\s#.*$/, '').trimEnd());
    if (body.length > 1) break;
  }
  return body;
}
