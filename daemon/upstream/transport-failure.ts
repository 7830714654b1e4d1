// Errors of sockets, TLS and HTTP parsing -> AttemptFailure with a sentence that a person understands.
// Decides by error code, never by message text.

import type { AttemptFailure } from '../conversation/attempt-failure.ts';
import type { FailureKind } from '../protocol/vocabulary.ts';

/** Thrown inside an attempt to end it with a known failure. */
export class AttemptError extends Error {
  override readonly name = 'AttemptError';
  readonly failure: AttemptFailure;

  constructor(kind: FailureKind, message: string, more: Omit<AttemptFailure, 'kind' | 'message'> = {}) {
    super(message);
    this.failure = { kind, message, ...more };
  }

  static of({ kind, message, ...more }: AttemptFailure): AttemptError {
    return new AttemptError(kind, message, more);
  }
}

/** Our code for undici's HTTPParserError, which comes without one. */
const NO_HTTP = 'HTTP_PARSER';

const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at its address; start the server or correct the base URL',
  ENOTFOUND: 'its host name is not known; correct the base URL or check the network',
  EAI_AGAIN: 'its host name cannot be resolved now; check the network',
  EHOSTUNREACH: 'there is no route to its host; check the network',
  ENETUNREACH: 'there is no route to its network; check the network',
  ECONNRESET: 'it reset the connection',
  EPIPE: 'it closed the connection while the request was being sent',
  ETIMEDOUT: 'its host does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'it took too long to accept the connection',
  UND_ERR_SOCKET: 'it closed the connection',
  UND_ERR_HEADERS_OVERFLOW: 'its answer headers are too large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'its answer is shorter or longer than it declared',
  CERT_HAS_EXPIRED: 'its TLS certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its TLS certificate is self-signed; add its authority to NODE_EXTRA_CA_CERTS',
  SELF_SIGNED_CERT_IN_CHAIN:
    'its TLS certificate comes from an unknown authority; add that to NODE_EXTRA_CA_CERTS',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its TLS certificate cannot be verified; add its authority to NODE_EXTRA_CA_CERTS',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its TLS certificate comes from an unknown authority; add that to NODE_EXTRA_CA_CERTS',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its TLS certificate is for another host name',
  [NO_HTTP]: 'what it sent is not HTTP, or was cut off in the middle',
  EPROTO: 'the TLS handshake failed; is the base URL really https?',
};

/** `phase`: whether status and headers had arrived. */
export function transportFailure(
  error: unknown,
  provider: string,
  phase: 'before-head' | 'in-body',
): AttemptFailure {
  if (error instanceof AttemptError) return error.failure;
  const code = codeOf(error);
  const sentence = SENTENCES[code] ?? fallbackSentence(code);
  if (phase === 'in-body') {
    const message =
      code === ''
        ? `what ${provider} answered cannot be read`
        : `the answer of ${provider} broke off: ${sentence}`;
    return { kind: 'invalid-response', message };
  }
  // A head that is no HTTP is a wrong answer, not a missing connection.
  const kind = code === NO_HTTP || code === 'UND_ERR_HEADERS_OVERFLOW' ? 'invalid-response' : 'connect';
  const message = `cannot reach ${provider}: ${sentence}`;
  return isCertificate(code) ? { kind, message, isLasting: true } : { kind, message };
}

/** Nobody vouches for whoever is there; that is not to be tried until somebody looks away. */
function isCertificate(code: string): boolean {
  return code.includes('CERT') || code.startsWith('UNABLE_TO_');
}

function fallbackSentence(code: string): string {
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code.includes('CERT')) {
    return `TLS failed with ${code}`;
  }
  return code === '' ? 'the connection failed' : `the connection failed with ${code}`;
}

/** An error that no socket and no upstream can cause: ours. It has to be seen, not turned into a fallback. */
export function isOurBug(error: unknown): boolean {
  return !(error instanceof AttemptError) && codeOf(error) === '';
}

/** Code of an error, of the first of an AggregateError (one address tried after the other), or of its cause. */
function codeOf(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; depth++) {
    if (at.name === 'HTTPParserError') return NO_HTTP;
    if ('code' in at && typeof at.code === 'string' && at.code !== 'UND_ERR') return at.code;
    at = at instanceof AggregateError ? at.errors[0] : at.cause;
  }
  return '';
}
