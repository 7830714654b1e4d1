// Entry of the dashboard page, in the editor's webview and in a browser.

import { BrowserHost } from './browser-host.ts';
import { EditorHost, isInEditor } from './editor-host.ts';
import { startPage } from './shell.ts';

startPage(
  document.querySelector('#dashboard') ?? document.body,
  isInEditor() ? new EditorHost() : new BrowserHost(),
);
