// "Clear stored answers": asks once, says how many were thrown away.

import * as vscode from 'vscode';

import type { CacheBody, CacheClearedBody } from '../../daemon/protocol/cache-api.ts';
import { CLEAR_CONSEQUENCE, clearedWords, clearQuestion, storedAnswers } from '../dashboard/cache-rows.ts';
import { daemonOf, say, type CommandDeps } from './command-deps.ts';

export async function clearCache(deps: CommandDeps): Promise<void> {
  const connection = await daemonOf(deps);
  const stored = storedAnswers((await connection.call('GET', 'cache')) as CacheBody);
  const throwAway = 'Throw away';
  const options = { modal: true, detail: CLEAR_CONSEQUENCE };
  const chosen = await vscode.window.showWarningMessage(clearQuestion(stored), options, throwAway);
  if (chosen !== throwAway) return;
  const { cleared } = (await connection.call('DELETE', 'cache')) as CacheClearedBody;
  say(clearedWords(cleared));
}
