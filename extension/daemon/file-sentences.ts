// What the file system refuses, told so that somebody can mend it: where, why, and what to do. Pure.

export function homeSentence(home: string, error: unknown): string {
  return `The folder ${home} cannot be used: ${reasonOf(error)}. Mend that and try again, or choose another folder in the settings.`;
}

export function copySentence(error: unknown): string {
  const { path } = systemError(error);
  const place = path === undefined ? '' : ` to ${path}`;
  return `The daemon could not be copied out of the extension${place}: ${reasonOf(error)}. Mend that and try again.`;
}

/** By code of the system; others are told as the system says them. */
const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'a file is in its place',
  ENOTDIR: 'a file is in its place',
  EACCES: 'it may not be written to',
  EPERM: 'it may not be written to',
  EROFS: 'it may only be read',
  ENOSPC: 'the disk is full',
};

function reasonOf(error: unknown): string {
  const { code, message } = systemError(error);
  return REASONS[code ?? ''] ?? message.replace(/\.$/, '');
}

function systemError(error: unknown): {
  readonly code: string | undefined;
  readonly path: string | undefined;
  readonly message: string;
} {
  if (!(error instanceof Error)) return { code: undefined, path: undefined, message: String(error) };
  const { code, path, message }: NodeJS.ErrnoException = error;
  return { code, path, message };
}
