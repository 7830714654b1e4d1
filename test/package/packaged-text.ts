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
 * Pictures beside the text go into it as `data:` URIs, which the editor's page of an extension shows, and links to files
 * that are not shipped become plain text. `readPicture` gets the path as written.
 */
export function packagedMarkdown(markdown: string, readPicture: (file: string) => Buffer): string {
  return outsideOfCode(markdown, (text) =>
    text
      .replaceAll(/!\[([^\]]*)\]\(([^)\s]+)\)/g, (whole, alternative: string, target: string) =>
        isRelative(target) ? `![${alternative}](${dataUri(target, readPicture(target))})` : whole,
      )
      .replaceAll(/(?<!!)\[([^\][]*)\]\(([^)\s]+)\)/g, (whole, words: string, target: string) =>
        isRelative(target) ? words : whole,
      ),
  );
}

function isRelative(target: string): boolean {
  return !/^(?:[a-z][a-z+.-]*:|#|\/\/)/i.test(target);
}

function dataUri(file: string, bytes: Buffer): string {
  const extension = /\.(png|jpe?g|gif|webp)$/i.exec(file)?.[1]?.toLowerCase();
  if (extension === undefined) throw new Error(`${file} cannot be shown in a README: use PNG, JPEG, GIF or WebP`);
  return `data:image/${extension.replace('jpg', 'jpeg')};base64,${bytes.toString('base64')}`;
}

/** Fenced blocks and code spans stay as they are. */
function outsideOfCode(markdown: string, change: (text: string) => string): string {
  return markdown
    .split(/(^```[^]*?^```|`[^`\n]+`)/m)
    .map((part, index) => (index % 2 === 1 ? part : change(part)))
    .join('');
}
