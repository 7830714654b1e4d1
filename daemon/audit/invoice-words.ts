// Words for sentences about a stranger's file.

/** Text of the file as it may stand in a sentence on a terminal. */
export function printable(text: string, maxChars = 40): string {
  const clean = text.slice(0, maxChars + 1).replaceAll(/\p{C}/gu, '?');
  return clean.length > maxChars ? `${clean.slice(0, maxChars)}…` : clean;
}

/** `1 row`, `2 rows`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
