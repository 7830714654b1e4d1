// Two texts side by side: which words only one of them has. Pure. Word by word while that is cheap, else line by line.

export interface TextPiece {
  readonly text: string;
  /** Only this side has it. */
  readonly isOwn: boolean;
}

export interface TextDifferences {
  readonly left: readonly TextPiece[];
  readonly right: readonly TextPiece[];
  /** 0..1, the share of both texts that they have in common. */
  readonly sameRatio: number;
}

/** The table of the comparison has the product of both lengths; this many cells take a few milliseconds. */
const MAX_CELLS = 4_000_000;

/** null: too long to compare even by lines. */
export function textDifferences(left: string, right: string): TextDifferences | null {
  for (const pattern of [/\s+|[^\s\w]|\w+/g, /[^\n]*\n|[^\n]+$/g]) {
    const a = left.match(pattern) ?? [];
    const b = right.match(pattern) ?? [];
    if ((a.length + 1) * (b.length + 1) <= MAX_CELLS) return compare(a, b);
  }
  return null;
}

function compare(a: readonly string[], b: readonly string[]): TextDifferences {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = a.length - 1; row >= 0; row--) {
    for (let column = b.length - 1; column >= 0; column--) {
      lengths[row * width + column] =
        a[row] === b[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const left = new Pieces();
  const right = new Pieces();
  let [row, column, same] = [0, 0, 0];
  while (row < a.length || column < b.length) {
    const [own, other] = [a[row], b[column]];
    if (own !== undefined && own === other) {
      left.add(own, false);
      right.add(own, false);
      same += 2 * own.length;
      row++;
      column++;
    } else if (own !== undefined && (other === undefined || at(row + 1, column) >= at(row, column + 1))) {
      left.add(own, true);
      row++;
    } else if (other !== undefined) {
      right.add(other, true);
      column++;
    }
  }
  const total = left.chars + right.chars;
  return { left: left.list, right: right.list, sameRatio: total === 0 ? 1 : same / total };
}

class Pieces {
  readonly list: TextPiece[] = [];
  chars = 0;

  add(text: string, isOwn: boolean): void {
    this.chars += text.length;
    const last = this.list.at(-1);
    if (last?.isOwn === isOwn) this.list[this.list.length - 1] = { text: last.text + text, isOwn };
    else this.list.push({ text, isOwn });
  }
}
