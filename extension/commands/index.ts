// The table of commands: id -> what it does. One row here, one entry in the manifest, one file for what it does.

import * as vscode from 'vscode';

import { clearCache } from './clear-cache.ts';
import { runCommand, type CommandDeps } from './command-deps.ts';
import { COMMAND_IDS, type CommandId } from './command-ids.ts';
import { connectAssistant, disconnectAssistant } from './connect-assistant.ts';
import { copyEndpoint, copyToken } from './copy-endpoint.ts';
import { restartDaemon, showLog, startDaemon, stopDaemon } from './daemon-commands.ts';
import { explainLastRequest } from './explain-last.ts';
import { clearOverride, overrideConversation, overrideNextRequest } from './override-request.ts';
import { resendLastWithModel } from './resend-last.ts';
import { runDoctor } from './run-doctor.ts';
import { setBudget } from './set-budget.ts';
import { setProfile } from './set-profile.ts';
import { setProviderKey } from './set-provider-key.ts';

/** `argument` is what a link, a button or other code hands over; people hand over nothing. */
type CommandHandler = (deps: CommandDeps, argument?: unknown) => Promise<void>;

const HANDLERS: Readonly<Record<CommandId, CommandHandler>> = {
  'pointsman.overrideNextRequest': overrideNextRequest,
  'pointsman.overrideConversation': overrideConversation,
  'pointsman.clearOverride': clearOverride,
  'pointsman.setProfile': setProfile,
  'pointsman.openDashboard': async ({ dashboard }) => dashboard.open(),
  'pointsman.explainLastRequest': explainLastRequest,
  'pointsman.resendLastWithModel': resendLastWithModel,
  'pointsman.connectAssistant': connectAssistant,
  'pointsman.disconnectAssistant': disconnectAssistant,
  'pointsman.setProviderKey': setProviderKey,
  'pointsman.setBudget': setBudget,
  'pointsman.clearCache': clearCache,
  'pointsman.startDaemon': startDaemon,
  'pointsman.restartDaemon': restartDaemon,
  'pointsman.stopDaemon': stopDaemon,
  'pointsman.showLog': showLog,
  'pointsman.copyEndpoint': copyEndpoint,
  'pointsman.copyToken': copyToken,
  'pointsman.runDoctor': runDoctor,
};

export function registerCommands(deps: CommandDeps): vscode.Disposable {
  const registrations = COMMAND_IDS.map((id) =>
    vscode.commands.registerCommand(id, (argument?: unknown) =>
      runCommand(deps, id, () => HANDLERS[id](deps, argument)),
    ),
  );
  return vscode.Disposable.from(...registrations);
}
