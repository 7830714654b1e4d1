// The order of a table's rows. Pure.

/** null = unknown: always last, whichever way the rest goes. */
export type SortValue = number | string | null;

export interface SortOrder {
  readonly key: string;
  readonly isDescending: boolean;
}

/** Rows with equal values keep their order. */
export function sortRows<Row>(
  rows: readonly Row[],
  valueOf: (row: Row) => SortValue,
  isDescending: boolean,
): readonly Row[] {
  const sign = isDescending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [first, second] = [valueOf(a), valueOf(b)];
    if (first === null || second === null) return Number(first === null) - Number(second === null);
    return sign * compare(first, second);
  });
}

/** What another press on a column's heading asks for: the column's own direction first, then the other one. */
export function nextOrder(present: SortOrder | null, key: string, isDescendingFirst: boolean): SortOrder {
  if (present === null || present.key !== key) return { key, isDescending: isDescendingFirst };
  return { key, isDescending: !present.isDescending };
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [first, second] = [String(a), String(b)];
  if (first === second) return 0;
  return first < second ? -1 : 1;
}
