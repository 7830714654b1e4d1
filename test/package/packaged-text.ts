// What the package says of itself, made to stand alone: a reader of the installed extension has no repository around it.
// Pure.

type Json = Readonly<Record<string, unknown>>;

/** Of use to those who build it only. */
const BUILDERS_FIELDS = [
  'private',
  'bin',
  'prettier',
  'devDependencies',
  'dependencies',
  'allowScripts',
] as const;

/** Of the scripts, only the ones that the editor runs go along. */
export function packagedManifest(manifest: Json): Json {
  const scripts = Object.entries((manifest['scripts'] ?? {}) as Json).filter(
    ([name]) => name.startsWith('vscode:') && name !== 'vscode:prepublish',
  );
  const kept = Object.entries(manifest).filter(
    ([field]) => field !== 'scripts' && !BUILDERS_FIELDS.some((name) => name === field),
  );
  return {
    ...Object.fromEntries(kept),
    ...(scripts.length === 0 ? {} : { scripts: Object.fromEntries(scripts) }),
  };
}

/**
 * For a package without a web address of its sources. The editor's page of an extension shows pictures from https
 * addresses only (neither files of the package nor `data:`), so a picture is replaced by its words; so is the text of a
 * link to a file that is not shipped.
 */
export function packagedMarkdown(markdown: string): string {
  return outsideOfCode(markdown, (text) =>
    text
      .replaceAll(/!\[([^\]]*)\]\(([^)\s]+)\)/g, (whole, words: string, target: string) =>
        isRelative(target) ? `_${words}._` : whole,
      )
      .replaceAll(/\[([^\][]*)\]\(([^)\s]+)\)/g, (whole, words: string, target: string) =>
        isRelative(target) ? words : whole,
      ),
  );
}

function isRelative(target: string): boolean {
  return !/^(?:[a-z][a-z+.-]*:|#|\/\/)/i.test(target);
}

/** Fenced blocks and code spans stay as they are. */
function outsideOfCode(markdown: string, change: (text: string) => string): string {
  return markdown
    .split(/(^```[^]*?^```|`[^`\n]+`)/m)
    .map((part, index) => (index % 2 === 1 ? part : change(part)))
    .join('');
}
