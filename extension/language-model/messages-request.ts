// One streamed `POST /v1/messages` to the daemon, over a plain socket on this machine: no fetch and no proxy, which could
// carry a prompt elsewhere. Calls back with parts as they come; aborting ends the request at once. No `vscode` here.

import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';

import {
  AnswerError,
  type AnswerPart,
  type AnswerUsage,
  createAnswerDecoder,
  errorOf,
} from './from-stream.ts';

export interface MessagesCall {
  /** `http://127.0.0.1:7411` */
  readonly url: string;
  readonly clientToken: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly signal: AbortSignal;
  readonly onPart: (part: AnswerPart) => void;
}

export interface MessagesAnswer {
  readonly exchangeId: string | null;
  /** Of the configuration: who answered. */
  readonly model: string | null;
  readonly usage: AnswerUsage | null;
}

export type MessagesFailureKind =
  /** Nobody listens there: nothing was sent, so it can be sent again elsewhere. */
  'unreachable' | 'refused' | 'broken';

/** A sentence for people, with what the editor needs to tell its callers which kind of failure it is. */
export class MessagesFailure extends Error {
  readonly kind: MessagesFailureKind;
  readonly statusCode: number | null;
  /** Of the dialect's error. */
  readonly type: string | null;

  constructor(
    kind: MessagesFailureKind,
    message: string,
    details: { readonly statusCode?: number; readonly type?: string | null } = {},
  ) {
    super(message);
    this.name = 'MessagesFailure';
    this.kind = kind;
    this.statusCode = details.statusCode ?? null;
    this.type = details.type ?? null;
  }
}

const LOST = 'The answer broke off: the connection to the Pointsman daemon was lost. Send the request again.';

/** Longest error answer that is read; ours are a few hundred bytes. */
const MAX_ERROR_BYTES = 65_536;

/** Rejects with `MessagesFailure`, or with the signal's reason when it was aborted. */
export async function sendMessages(call: MessagesCall): Promise<MessagesAnswer> {
  call.signal.throwIfAborted();
  const bytes = Buffer.from(JSON.stringify(call.body));
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = open(call, bytes.length);
    request.on('response', resolve);
    request.on('error', (error: NodeJS.ErrnoException) =>
      reject(call.signal.aborted ? reasonOf(call.signal) : connectFailure(error)),
    );
    request.end(bytes);
  });
  try {
    if (response.statusCode !== 200) throw await refusal(response);
    return await readAnswer(response, call);
  } catch (error) {
    if (call.signal.aborted) throw reasonOf(call.signal);
    if (error instanceof MessagesFailure) throw error;
    if (error instanceof AnswerError) throw brokenAnswer(error);
    throw new MessagesFailure('broken', LOST);
  } finally {
    response.destroy();
  }
}

function open({ url, clientToken, headers, signal }: MessagesCall, bodyBytes: number): ClientRequest {
  return httpRequest(`${url}/v1/messages`, {
    method: 'POST',
    signal,
    // A connection of its own: an old one may have been closed by a daemon that is no more.
    agent: false,
    headers: {
      ...headers,
      authorization: `Bearer ${clientToken}`,
      'content-type': 'application/json',
      'content-length': bodyBytes,
      accept: 'text/event-stream',
      'anthropic-version': '2023-06-01',
    },
  });
}

async function readAnswer(response: IncomingMessage, call: MessagesCall): Promise<MessagesAnswer> {
  const decoder = createAnswerDecoder();
  for await (const chunk of response) {
    for (const part of decoder.push(chunk as Uint8Array)) call.onPart(part);
  }
  decoder.end();
  return {
    exchangeId: headerOf(response, 'x-pointsman-exchange-id'),
    model: headerOf(response, 'x-pointsman-model'),
    usage: decoder.usage,
  };
}

async function refusal(response: IncomingMessage): Promise<MessagesFailure> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > MAX_ERROR_BYTES) break;
  }
  const statusCode = response.statusCode ?? 0;
  const { message, type } = errorOf(parsed(Buffer.concat(chunks).toString()));
  return new MessagesFailure('refused', sentence(message), { statusCode, type });
}

/** What the decoder says is ours; what came with a type are the words of somebody behind us. */
function brokenAnswer({ message, type }: AnswerError): MessagesFailure {
  return new MessagesFailure('broken', type === null ? message : sentence(message), { type });
}

function connectFailure(error: NodeJS.ErrnoException): MessagesFailure {
  return error.code === 'ECONNREFUSED'
    ? new MessagesFailure('unreachable', 'The Pointsman daemon does not answer. Run "Pointsman: Restart".')
    : new MessagesFailure('broken', LOST);
}

/** The daemon writes its sentences as parts of a line: small, and without a full stop. */
function sentence(message: string): string {
  return `Pointsman: ${message}${/[.!?]$/.test(message) ? '' : '.'}`;
}

function headerOf(response: IncomingMessage, name: string): string | null {
  const value = response.headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // told as a failure without a reason
  }
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('The request was cancelled.');
}
