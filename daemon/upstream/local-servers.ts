// Asks model servers on this machine (Ollama, LM Studio, llama.cpp, …) which models they hold. Loopback only, all at
// once, and quickly over: a server that does not answer in time is simply not there.

import Pool from 'undici/lib/dispatcher/pool.js';
import type { LocalModel } from '../catalog/catalog.ts';
import { isLoopbackHost } from '../config/base-url.ts';
import { arrayOf, numberOf, objectOf, parseJsonObject, stringOf, type JsonValue } from '../util/json.ts';
import { readUpTo } from './answer-body.ts';
import { openCall } from './http-call.ts';

export interface LocalServer {
  readonly name: string;
  readonly baseUrl: string;
}

/** A list of models is a few kB; more is something else that happens to listen there. */
const MAX_LIST_BYTES = 1024 * 1024;

/** Models of all servers that answered, in the order of `servers`. Never rejects. */
export async function probeLocalServers(
  servers: readonly LocalServer[],
  options: { readonly timeoutMs: number } = { timeoutMs: 300 },
): Promise<readonly LocalModel[]> {
  const found = await Promise.all(servers.map((server) => probe(server, options.timeoutMs)));
  return found.flat();
}

async function probe(server: LocalServer, timeoutMs: number): Promise<readonly LocalModel[]> {
  const url = URL.parse(server.baseUrl);
  if (url === null || !isLoopbackHost(url.hostname)) return [];
  const pool = new Pool(url.origin, { connections: 1, allowH2: false });
  const path = `${url.pathname.replace(/\/+$/, '')}/models`;
  const headers = ['accept', 'application/json', 'accept-encoding', 'identity'];
  const options = { origin: url.origin, path, method: 'GET', headers, body: null } as const;
  const call = openCall(pool, options, () => performance.now());
  const timer = setTimeout(() => call.destroy(new Error('no answer in time')), timeoutMs);
  try {
    await call.head();
    if (call.statusCode !== 200) return [];
    const { bytes } = await readUpTo(call, MAX_LIST_BYTES);
    return modelsOf(server, bytes);
  } catch {
    return []; // nothing listens there, or nothing that speaks HTTP: the usual case
  } finally {
    clearTimeout(timer);
    await pool.destroy();
  }
}

/** `{"data": [{"id": …}]}`, with the context window where the server tells it. */
function modelsOf(server: LocalServer, bytes: Buffer): readonly LocalModel[] {
  return arrayOf(parseJsonObject(bytes.toString())?.['data']).flatMap((entry) => {
    const upstreamModel = stringOf(objectOf(entry)?.['id']);
    if (upstreamModel === undefined || upstreamModel === '') return [];
    return [{ server: server.name, upstreamModel, contextTokens: contextTokensOf(entry), supports: [] }];
  });
}

/** llama.cpp: `meta.n_ctx_train`; vLLM: `max_model_len`; LM Studio: `max_context_length`. Ollama says nothing here. */
function contextTokensOf(entry: JsonValue): number | null {
  const model = objectOf(entry);
  const tokens =
    numberOf(objectOf(model?.['meta'])?.['n_ctx_train']) ??
    numberOf(model?.['max_model_len']) ??
    numberOf(model?.['max_context_length']);
  return tokens !== undefined && tokens > 0 ? tokens : null;
}
