// The editor's `User` folder comes from whoever asks, since only the editor knows it. It is believed no further than needed:
// one file of a fixed name in a folder that is there, is the user's own and is called as editors call it.

import { statSync } from 'node:fs';
import path from 'node:path';

import { RouterError } from '../errors.ts';

const MAX_PATH_CHARS = 4096;

/** Answers the folder as it was given; throws `request.malformed` for anything else than such a folder. */
export function checkedEditorFolder(folder: string): string {
  const refuse = (why: string): RouterError =>
    new RouterError('request.malformed', `editorUserFolder ${why}`, { param: 'editorUserFolder' });
  if (folder.length > MAX_PATH_CHARS || /\p{Cc}/u.test(folder)) throw refuse('is not a path');
  if (!path.isAbsolute(folder) || path.normalize(folder) !== folder || folder.endsWith(path.sep)) {
    throw refuse('must be an absolute path without "..", "." and a separator at its end');
  }
  const parts = folder.split(path.sep);
  const isUserFolder = parts.at(-1) === 'User';
  const isProfile =
    parts.at(-3) === 'User' && parts.at(-2) === 'profiles' && /^[\w-]+$/.test(parts.at(-1) ?? '');
  if (!isUserFolder && !isProfile) throw refuse('must be the "User" folder of an editor, or a profile in it');
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats?.isDirectory() !== true) throw refuse('is no folder that is there');
  const userId = process.getuid?.();
  if (userId !== undefined && stats.uid !== userId) throw refuse('belongs to another user');
  return folder;
}
