// Hands the context keys to the editor, each only when it changed.

import * as vscode from 'vscode';

import { CONTEXT_KEYS, contextKeys, LOOK_AGAIN_KEY, type ContextKey } from './context-keys.ts';
import type { LiveFeed } from './live-feed.ts';

/** Once the page is there. */
const LOOK_AGAIN_AFTER_MS = [300, 1500, 4000] as const;
const LOOK_AGAIN_FOR_MS = 150;

export function registerContextKeys(live: LiveFeed): vscode.Disposable {
  const told = new Map<ContextKey, boolean>();
  const tell = (): void => {
    const values = contextKeys(live.state, Date.now());
    for (const key of CONTEXT_KEYS) {
      if (told.get(key) === values[key]) continue;
      told.set(key, values[key]);
      setKey(key, values[key]);
    }
  };
  tell();
  return vscode.Disposable.from({ dispose: live.onChange(tell) }, lookAgainAtWalkthroughs());
}

function lookAgainAtWalkthroughs(): vscode.Disposable {
  const timers = new Set<NodeJS.Timeout>();
  const after = (ms: number, run: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
  };
  const tabs = vscode.window.tabGroups.onDidChangeTabs(({ opened, changed }) => {
    // The editor does not say what its own pages are; a walkthrough is one of them.
    if (![...opened, ...changed].some(({ input }) => input === undefined)) return;
    for (const ms of LOOK_AGAIN_AFTER_MS) {
      after(ms, () => setKey(LOOK_AGAIN_KEY, true));
      after(ms + LOOK_AGAIN_FOR_MS, () => setKey(LOOK_AGAIN_KEY, false));
    }
  });
  const stopTimers = (): void => timers.forEach((timer) => clearTimeout(timer));
  return vscode.Disposable.from(tabs, { dispose: stopTimers });
}

function setKey(key: string, value: boolean): void {
  void vscode.commands.executeCommand('setContext', key, value);
}
