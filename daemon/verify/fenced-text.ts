// Markdown -> its fenced blocks and the prose around them. Linear, and forgiving where models are careless: fences may be
// indented, and a block of Markdown may hold fences of its own.

export interface FencedBlock {
  /** First word after the fence, lower case; '' = none. */
  readonly language: string;
  readonly code: string;
  /** The text ended before the block did. */
  readonly isOpen: boolean;
}

export interface FencedText {
  readonly blocks: readonly FencedBlock[];
  /** Everything outside of blocks. */
  readonly prose: string;
}

interface OpenBlock {
  readonly mark: string;
  readonly indent: number;
  readonly language: string;
  readonly lines: string[];
  /** Fences opened inside of it (Markdown in Markdown). */
  depth: number;
}

const HOLDS_FENCES: ReadonlySet<string> = new Set(['markdown', 'md', 'mdx']);

/** More blocks are not looked at. */
const MAX_BLOCKS = 500;

export function splitFences(text: string): FencedText {
  const blocks: FencedBlock[] = [];
  const prose: string[] = [];
  let open: OpenBlock | null = null;
  for (const line of text.split('\n')) {
    const fence = readFence(line);
    if (open === null) {
      if (fence === null) prose.push(line);
      else open = { ...fence, language: languageOf(fence.info), lines: [], depth: 0 };
    } else if (fence !== null && closes(open, fence)) {
      if (blocks.length < MAX_BLOCKS) blocks.push(closed(open, false));
      open = null;
    } else {
      open.lines.push(line);
    }
  }
  if (open !== null) blocks.push(closed(open, true));
  return { blocks, prose: prose.join('\n') };
}

interface Fence {
  readonly mark: string;
  readonly indent: number;
  readonly info: string;
}

function readFence(line: string): Fence | null {
  const rest = line.trimStart();
  if (!rest.startsWith('```') && !rest.startsWith('~~~')) return null;
  const char = rest.charAt(0);
  let length = 3;
  while (rest.charAt(length) === char) length += 1;
  const info = rest.slice(length).trim();
  // Three backticks around a few words in a line of prose are no fence.
  if (char === '`' && info.includes('`')) return null;
  return { mark: char.repeat(length), indent: line.length - rest.length, info };
}

/** Counts the fences within Markdown as it goes. */
function closes(open: OpenBlock, fence: Fence): boolean {
  const isSameKind = fence.mark.startsWith(open.mark);
  if (!isSameKind && !HOLDS_FENCES.has(open.language)) return false;
  if (fence.info !== '') {
    if (HOLDS_FENCES.has(open.language)) open.depth += 1;
    return false;
  }
  if (open.depth > 0) {
    open.depth -= 1;
    return false;
  }
  return isSameKind;
}

function closed(open: OpenBlock, isOpen: boolean): FencedBlock {
  const lines = open.indent === 0 ? open.lines : open.lines.map((line) => withoutIndent(line, open.indent));
  return { language: open.language, code: lines.join('\n'), isOpen };
}

function withoutIndent(line: string, indent: number): string {
  let count = 0;
  while (count < indent && (line.charAt(count) === ' ' || line.charAt(count) === '\t')) count += 1;
  return line.slice(count);
}

/** `ts title="a.ts"`, `{.python}`, `ts:src/a.ts` and `json5` are all seen. */
function languageOf(info: string): string {
  return /^[{.\s]*([\w+#-]*)/.exec(info)?.[1]?.toLowerCase() ?? '';
}
