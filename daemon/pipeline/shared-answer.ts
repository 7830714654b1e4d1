// What a request has to do with stored answers: whether it may be compared with others at all, under which key, and how
// its own answer is shared with those who ask the same meanwhile or later.

import type { Flight, ResponseCache } from '../cache/response-cache.ts';
import { RequestKey } from '../cache/request-key.ts';
import type { ConversationRequest } from '../conversation/request.ts';
import type { PrivacyHold } from '../protocol/exchange-record.ts';
import { toldConversationId } from '../route/conversation-identity.ts';
import { findTarget, resolveModelName, type NameTable } from '../route/model-name.ts';
import type { OverrideBoard } from '../route/override.ts';
import type { JsonValue } from '../util/json.ts';
import type { ClientResponse } from './client-response.ts';
import type { Exchange } from './exchange.ts';
import type { ReceivedControls } from './request-controls.ts';
import { ShelteredClient } from './sheltered-client.ts';
import type { RouterSnapshot } from './snapshot.ts';
import type { WireRequest } from './wire-request.ts';

export interface CacheKeyInput {
  readonly request: ConversationRequest;
  /** Without the query. */
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly controls: Pick<ReceivedControls, 'policy' | 'allowsDearer' | 'bypassCache' | 'workspaceId'>;
  readonly snapshot: Pick<RouterSnapshot, 'table' | 'connections' | 'dearerFallback'>;
  /** Who alone may answer; absent = anybody. */
  readonly privacy?: PrivacyHold | null;
}

/** Headers that reach a vendor and change what it answers. A version of an API (`anthropic-version`) changes its shape only. */
const FEATURE_HEADERS = ['anthropic-beta', 'openai-beta'] as const;

/** null = its answer stands for no other, and no other for it. */
export function cacheKeyOf(
  overrides: Pick<OverrideBoard, 'standing'>,
  input: CacheKeyInput,
): RequestKey | null {
  if (input.controls.bypassCache) return null;
  const standing = overrides.standing();
  // Who asks for a model once wants to see what that one says.
  if (standing === 'passing') return null;
  const key = requestKeyOf(standing, input);
  return key.obstacle === null ? key : null;
}

/** `standing`: the model that all requests are to go to; null = none. */
export function requestKeyOf(
  standing: string | null,
  { request, path, headers, controls, snapshot, privacy }: CacheKeyInput,
): RequestKey {
  const { table } = snapshot;
  const features = FEATURE_HEADERS.flatMap((name) => featuresIn(name, headers.get(name)));
  const scope = {
    models: {
      name: nameOf(request.requestModel, table),
      wish: nameOfWish(controls.policy.headerModel ?? controls.policy.queryModel ?? standing, table),
      profile: controls.policy.profile,
      maxCostUsd: controls.policy.maxCostUsd,
      allowsDearer: controls.allowsDearer || snapshot.dearerFallback !== 'ask',
      // What one model alone may see another must not answer, also when the rule is taken back.
      privacy:
        privacy == null
          ? null
          : [privacy.rules.toSorted(byCodeUnit), privacy.providers?.toSorted(byCodeUnit) ?? null],
      table: table.hash,
      addresses: addressesOf(snapshot.connections),
    },
    features: features.toSorted(byCodeUnit),
  };
  // A conversation without a name is as old as its words, which are in the key.
  const place = {
    conversation: toldConversationId({ headers, request })?.id ?? '',
    workspace: controls.workspaceId ?? '',
  };
  return new RequestKey(request, scope, path, place);
}

type Connections = RouterSnapshot['connections'];

/** Behind another address a model of the same name may be another one. */
function addressesOf(connections: Connections): string {
  const known = ADDRESSES.get(connections);
  if (known !== undefined) return known;
  const each = [...connections.values()].map(({ name, baseUrl, dialect }) => `${name} ${dialect} ${baseUrl}`);
  const addresses = each.toSorted(byCodeUnit).join('\n');
  ADDRESSES.set(connections, addresses);
  return addresses;
}

/** Of each configuration once. */
const ADDRESSES = new WeakMap<Connections, string>();

function featuresIn(header: string, value = ''): readonly string[] {
  const features = new Set(value.split(',').map((feature) => feature.trim()));
  return [...features].filter((feature) => feature !== '').map((feature) => `${header} ${feature}`);
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : 1;
}

/** Two names of one model mean the same. */
function nameOf(requestModel: string, table: NameTable): JsonValue {
  const meant = resolveModelName(requestModel, table);
  switch (meant.kind) {
    case 'auto':
      return ['auto', meant.profile];
    case 'exact':
    case 'ceiling':
      return [meant.kind, meant.target.id];
    default:
      return [meant.kind, requestModel];
  }
}

function nameOfWish(wish: string | null, table: NameTable): JsonValue {
  return wish === null ? null : (findTarget(wish, table)?.id ?? wish);
}

/** The same client and signal, for an answer that others may be waiting for. */
export interface SharedAnswer {
  readonly wire: WireRequest;
  readonly client: ClientResponse;
  /** To be called when the exchange is over, however it ended. */
  close(): void;
}

/** From now on equal questions wait for this answer, and it goes on being made while anybody waits. */
export function shareAnswer(
  cache: ResponseCache,
  key: RequestKey | null,
  exchange: Exchange,
  wire: WireRequest,
  client: ClientResponse,
): SharedAnswer {
  if (key === null) return { wire, client, close: () => {} };
  const flight: Flight = cache.begin(key, wire.signal);
  exchange.collect();
  return {
    wire: { ...wire, signal: flight.signal },
    client: new ShelteredClient(client, wire.signal, flight),
    close: () => flight.land(exchange.exemplaryAnswer()),
  };
}
