// Where the built files of the dashboard page lie: beside the bundled daemon, or in `dist/` when run from the sources.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The files that exist, and no other path can be asked for. */
export type WebviewFile = 'dashboard.js' | 'dashboard.css';

/** Rejects when the file is not there or cannot be read. */
export async function readWebviewFile(name: WebviewFile): Promise<Buffer> {
  return await readFile(path.join(webviewFolder(import.meta.url), name));
}

/** `self`: URL of this source file, or the path of the bundle that it became a part of. */
export function webviewFolder(self: string): string {
  if (!self.startsWith('file:')) return path.join(path.dirname(self), 'webview');
  return path.join(path.dirname(fileURLToPath(self)), '..', '..', 'dist', 'webview');
}
