// One request of the editor from its messages to the end of the answer: waits for a daemon that is starting, sends, and
// sends once more where a daemon was just replaced and nothing had been sent. No `vscode` here.

import {
  DaemonCallError,
  type DaemonConnection,
  type DaemonSession,
  type DaemonState,
} from '../daemon/daemon-session.ts';
import type { AnswerPart } from './from-stream.ts';
import { MessagesFailure, type MessagesAnswer, sendMessages } from './messages-request.ts';
import { requestHeaders, type RequestOrigin } from './request-headers.ts';
import { type EditorRequest, toMessagesBody } from './to-messages.ts';

export interface ChatRequest extends EditorRequest {
  readonly origin: RequestOrigin;
  readonly signal: AbortSignal;
  readonly onPart: (part: AnswerPart) => void;
}

/** A daemon that takes longer to start has a problem that the status bar names. */
const START_MS = 20_000;
/** For the session to notice that the daemon it knew is gone. */
const REPLACE_MS = 5_000;

/** Rejects with an error whose message is a sentence for people, or with the signal's reason. */
export async function answerChat(session: DaemonSession, chat: ChatRequest): Promise<MessagesAnswer> {
  const body = toMessagesBody(chat);
  const headers = requestHeaders(chat.origin, chat.messages);
  const send = ({ url, clientToken }: DaemonConnection): Promise<MessagesAnswer> =>
    sendMessages({ url, clientToken, headers, body, signal: chat.signal, onPart: chat.onPart });
  const connection = await connected(session, chat.signal, START_MS);
  try {
    return await send(connection);
  } catch (error) {
    if (!(error instanceof MessagesFailure) || error.kind !== 'unreachable') throw error;
    const next = await connected(session, chat.signal, REPLACE_MS, connection).catch(() => null);
    chat.signal.throwIfAborted();
    if (next === null) throw error;
    return await send(next);
  }
}

/** The daemon that is ready, or will be; `gone` is one that does not count any more. */
async function connected(
  session: DaemonSession,
  signal: AbortSignal,
  waitMs: number,
  gone?: DaemonConnection,
): Promise<DaemonConnection> {
  const usable = (state: DaemonState): DaemonConnection | null =>
    state.status === 'ready' && state.connection !== gone ? state.connection : null;
  const now = usable(session.state) ?? problemOf(session.state);
  if (now instanceof Error) throw now;
  if (now !== null) return now;
  return new Promise((resolve, reject) => {
    const settle = (outcome: DaemonConnection | Error): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      stop();
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    };
    const abort = (): void => settle(abortReason(signal));
    const timer = setTimeout(() => settle(new DaemonCallError('daemon.unreachable', TOO_SLOW)), waitMs);
    const stop = session.onStateChange((state) => {
      const outcome = usable(state) ?? problemOf(state);
      if (outcome !== null) settle(outcome);
    });
    signal.addEventListener('abort', abort, { once: true });
  });
}

const TOO_SLOW =
  'Pointsman is still starting. Send the request again in a moment, or run "Pointsman: Show log".';
const STOPPED = 'Pointsman is stopped. Run "Pointsman: Start", then send the request again.';

/** Why waiting would be in vain; null = it is not. */
function problemOf(state: DaemonState): Error | null {
  if (state.status === 'failed') return new DaemonCallError('daemon.unreachable', state.problem.sentence);
  return state.status === 'stopped' ? new DaemonCallError('daemon.unreachable', STOPPED) : null;
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('The request was cancelled.');
}
