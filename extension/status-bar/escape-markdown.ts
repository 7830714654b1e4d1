// Text from outside (names of models, clients, providers, error texts) as Markdown that shows exactly that text: no
// link, no picture, no icon, no table cell of its own. Pure.

/** Longer ones are cut: a tooltip is no log. */
const MAX_CHARS = 600;

export function escapeMarkdown(text: string): string {
  const short = text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS - 1)}…`;
  return (
    short
      .replaceAll(/[\p{Cc}\s]+/gu, ' ')
      // Icons are put in after the Markdown was read, so a backslash would not keep them out.
      .replaceAll('$(', '$ (')
      // All signs that mean something somewhere; `:` and `/`, since a bare address becomes a link by itself.
      .replaceAll(/[\\`*_{}[\]()#+\-.!|<>~$&@"':/]/g, (sign) => `\\${sign}`)
  );
}
