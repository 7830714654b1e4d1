// What a client may ask for beside the body: `x-pointsman-*` headers and the query string, read once and checked.

import { RouterError } from '../errors.ts';
import type { RequestControls } from '../protocol/exchange-record.ts';
import type { Profile } from '../protocol/vocabulary.ts';
import type { WireRequest } from './wire-request.ts';

const PROFILES: readonly Profile[] = ['budget', 'balanced', 'quality'];
const MAX_NAME_CHARS = 256;
const YES_OR_NO = ['1', '0', 'true', 'false'] as const;
const YES: readonly string[] = ['1', 'true'];

export interface ReceivedControls {
  readonly policy: RequestControls;
  /** By header, or since no cache is switched on. */
  readonly bypassCache: boolean;
  readonly workspaceId: string | null;
  /** Who in the editor caused the request. */
  readonly initiator: string | null;
  /** Whether a dearer model may stand in without being asked about (`retries.dearerFallback: "ask"`). */
  readonly allowsDearer: boolean;
  /** undefined = as configured. */
  readonly metadata: 'headers' | 'body' | undefined;
}

/** What holds until the headers have been read, and for a request whose headers are refused. */
export const NO_CONTROLS: ReceivedControls = {
  policy: { headerModel: null, queryModel: null, profile: null, maxCostUsd: null },
  bypassCache: false,
  workspaceId: null,
  initiator: null,
  allowsDearer: false,
  metadata: undefined,
};

/** `isCacheOpen`: whether any cache is switched on. Throws `request.malformed` naming the header, so that a typo never silently routes another way. */
export function readControls(
  wire: Pick<WireRequest, 'headers' | 'query'>,
  isCacheOpen = true,
): ReceivedControls {
  const header = (name: string): string | null => nonEmpty(wire.headers.get(`x-pointsman-${name}`));
  return {
    policy: {
      headerModel: nameOf(header('model'), 'x-pointsman-model'),
      queryModel: nameOf(nonEmpty(wire.query.get('model') ?? undefined), '?model='),
      profile: oneOf(header('profile'), PROFILES, 'x-pointsman-profile'),
      maxCostUsd: usdOf(header('max-cost-usd')),
    },
    bypassCache:
      oneOf(header('cache'), ['off', 'on'] as const, 'x-pointsman-cache') === 'off' || !isCacheOpen,
    workspaceId: nameOf(asUtf8(header('workspace')), 'x-pointsman-workspace'),
    initiator: nameOf(header('initiator'), 'x-pointsman-initiator'),
    allowsDearer: YES.includes(oneOf(header('allow-dearer'), YES_OR_NO, 'x-pointsman-allow-dearer') ?? '0'),
    metadata: oneOf(header('metadata'), ['body', 'headers'] as const, 'x-pointsman-metadata') ?? undefined,
  };
}

/** Headers arrive byte by byte; a folder's name may be in any script, and clients send it as UTF-8. */
function asUtf8(value: string | null): string | null {
  if (value === null || !/[\u0080-\u00ff]/.test(value)) return value;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'));
  } catch {
    return value; // it was Latin-1 after all
  }
}

function nonEmpty(value: string | undefined): string | null {
  const trimmed = value?.trim();
  return trimmed === undefined || trimmed === '' ? null : trimmed;
}

function nameOf(value: string | null, param: string): string | null {
  if (value !== null && value.length > MAX_NAME_CHARS) {
    throw new RouterError(
      'request.malformed',
      `${param} is longer than ${MAX_NAME_CHARS} characters; shorten it`,
      {
        param,
      },
    );
  }
  return value;
}

function oneOf<T extends string>(value: string | null, allowed: readonly T[], param: string): T | null {
  if (value === null) return null;
  const known = allowed.find((candidate) => candidate === value.toLowerCase());
  if (known !== undefined) return known;
  const message = `${param} must be one of ${allowed.join(', ')}; remove the header or correct it`;
  throw new RouterError('request.malformed', message, { param });
}

function usdOf(value: string | null): number | null {
  if (value === null) return null;
  const usd = Number(value);
  if (Number.isFinite(usd) && usd >= 0) return usd;
  const param = 'x-pointsman-max-cost-usd';
  throw new RouterError('request.malformed', `${param} must be a number of US dollars such as 0.02`, {
    param,
  });
}

/** The request names the one model that must answer; overrides and grades decide nothing then. */
export function isPinned(controls: RequestControls, requestModel: string): boolean {
  return controls.headerModel !== null || controls.queryModel !== null || requestModel.startsWith('exact/');
}
