// Offers the daemon's models to the editor: chat, and every extension that uses `vscode.lm`. Only translates between the
// editor's classes and the files beside it.

import * as vscode from 'vscode';

import type { DaemonSession } from '../daemon/daemon-session.ts';
import { answerChat } from './chat-request.ts';
import type { AnswerPart } from './from-stream.ts';
import { failureClass } from './failure-class.ts';
import type { MessagesAnswer } from './messages-request.ts';
import type { EditorModel } from './model-list.ts';
import { conversationOf } from './model-options.ts';
import { createModelSource, type ModelSource } from './model-source.ts';
import { countTokens } from './token-count.ts';
import { usagePart } from './usage-part.ts';

export const VENDOR = 'pointsman';

/** While the editor waits for a list of models it resolves no other. */
const FIRST_LIST_MS = 4_000;

export interface LanguageModelDeps {
  readonly extensionVersion: string;
  /** For the log; never a word of a prompt or an answer. */
  readonly log?: { warn(message: string): void };
}

export function registerLanguageModel(session: DaemonSession, deps: LanguageModelDeps): vscode.Disposable {
  const source = createModelSource(session);
  const changed = new vscode.EventEmitter<void>();
  source.onChange(() => changed.fire());
  const registration = vscode.lm.registerLanguageModelChatProvider(
    VENDOR,
    providerOf(session, source, changed.event, deps),
  );
  // Models that nobody has asked for do not show in the picker.
  vscode.lm.selectChatModels({ vendor: VENDOR }).then(
    () => {},
    (error: unknown) => deps.log?.warn(`the editor could not list our models: ${String(error)}`),
  );
  return vscode.Disposable.from(registration, changed, source);
}

function providerOf(
  session: DaemonSession,
  source: ModelSource,
  onChange: vscode.Event<void>,
  deps: LanguageModelDeps,
): vscode.LanguageModelChatProvider<EditorModel> {
  return {
    onDidChangeLanguageModelChatInformation: onChange,
    provideLanguageModelChatInformation: async (options) => {
      // The editor asks once more for each group that the user made; the same models would show twice.
      if ('configuration' in options && options.configuration !== undefined) return [];
      const models = await source.resolve({ isWanted: !options.silent, waitMs: FIRST_LIST_MS });
      // The user asked for our models and there are none: what lacks is a key.
      if (!options.silent && models.length === 0) {
        void vscode.commands.executeCommand('pointsman.setProviderKey');
      }
      return [...models];
    },
    provideLanguageModelChatResponse: async (asked, messages, options, progress, token) => {
      // As it is now: a conversation may go on with what the editor kept from before a change.
      const model = source.models.find(({ id }) => id === asked.id) ?? asked;
      const initiator = initiatorOf(options);
      const answer = await withSignal(token, (signal) =>
        answerChat(session, {
          model: model.requestModel,
          messages,
          tools: options.tools,
          isToolRequired: options.toolMode === vscode.LanguageModelChatToolMode.Required,
          modelOptions: options.modelOptions,
          maxOutputTokens: model.defaultOutputTokens,
          origin: {
            extensionVersion: deps.extensionVersion,
            initiator,
            workspaceName: vscode.workspace.workspaceFolders?.[0]?.name ?? null,
            conversation: conversationOf(options.modelOptions),
          },
          signal,
          onPart: (part) => progress.report(editorPart(part)),
        }),
      );
      reportUsage(initiator, answer, progress);
    },
    provideTokenCount: (model, text) => Promise.resolve(countTokens(text, model.tokenizerFactor)),
  };
}

/** Not part of the final API: read where it is there. */
function initiatorOf(options: object): string | null {
  const initiator = 'requestInitiator' in options ? options.requestInitiator : undefined;
  return typeof initiator === 'string' && initiator !== '' ? initiator : null;
}

function editorPart(part: AnswerPart): vscode.LanguageModelResponsePart {
  return part.type === 'text'
    ? new vscode.LanguageModelTextPart(part.text)
    : new vscode.LanguageModelToolCallPart(part.callId, part.name, part.input);
}

function reportUsage(
  initiator: string | null,
  { usage }: MessagesAnswer,
  progress: vscode.Progress<vscode.LanguageModelResponsePart>,
): void {
  const part = usagePart(initiator, usage);
  if (part !== null) progress.report(new vscode.LanguageModelDataPart(part.data, part.mimeType));
}

/** Runs with a signal that fires when the editor cancels, and tells failures in the editor's classes. */
async function withSignal<T>(
  token: vscode.CancellationToken,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const cancel = (): void => controller.abort(new vscode.CancellationError());
  if (token.isCancellationRequested) cancel();
  const listening = token.onCancellationRequested(cancel);
  try {
    return await run(controller.signal);
  } catch (error) {
    throw editorError(error);
  } finally {
    listening.dispose();
  }
}

function editorError(error: unknown): unknown {
  const { LanguageModelError } = vscode;
  const message = error instanceof Error ? error.message : String(error);
  switch (failureClass(error)) {
    case 'not-found':
      return LanguageModelError.NotFound(message);
    case 'blocked':
      return LanguageModelError.Blocked(message);
    case 'no-permissions':
      return LanguageModelError.NoPermissions(message);
    default:
      return error;
  }
}
