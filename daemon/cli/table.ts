// Plain text tables for the terminal.

/** Pads every column to its widest cell. A column that holds numbers (and gaps) goes to the right, its heading too. */
export function alignRows(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const cells of rows) {
    for (const [column, cell] of cells.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  const [, ...body] = rows;
  const isNumeric = widths.map((_, column) => {
    const cells = body.map((row) => row[column] ?? '');
    return (
      cells.some((cell) => NUMBER.test(cell)) && cells.every((cell) => NUMBER.test(cell) || GAP.test(cell))
    );
  });
  return rows.map((cells) =>
    cells
      .map((cell, column) =>
        isNumeric[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

const NUMBER = /^-?[\d.,]+([kMGT]| [%$]|ms|s)?$/;
/** What stands where there is no number. */
const GAP = /^(-|unknown|unpriced)?$/;
