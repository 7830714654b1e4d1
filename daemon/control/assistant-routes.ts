// The part of the control API that connects assistants: what would be written, writing it, taking it back.

import * as z from 'zod';

import type { Connector } from '../connect/connector.ts';
import { checkedEditorFolder } from '../connect/editor-folder.ts';
import { checkBody, checkQueryKeys, malformed, parseObject } from './control-bodies.ts';
import type { ControlAnswer, ControlCall } from './control-routes.ts';

const changeSchema = z.strictObject({
  /** Of the plan that was shown. */
  fingerprint: z.string().max(200).nullish(),
  editorUserFolder: z.string().min(1).max(5000).nullish(),
});

export interface AssistantResource {
  readonly pattern: string;
  readonly methods: Readonly<
    Record<string, (call: ControlCall, id: string) => ControlAnswer | Promise<ControlAnswer>>
  >;
}

export function assistantResources(connector: Connector): readonly AssistantResource[] {
  return [
    {
      pattern: 'assistants',
      methods: { GET: ({ query }) => ok({ assistants: connector.list(folderOf(query, [])) }) },
    },
    {
      pattern: 'assistants/*',
      methods: {
        GET: ({ query }, id) => {
          const folder = folderOf(query, ['action']);
          return ok(connector.plan(id, actionOf(query), folder));
        },
        PUT: async (call, id) => ok(await connector.connect({ id, ...parseChange(call, true) })),
        DELETE: async (call, id) => ok(await connector.undo({ id, ...parseChange(call, false) })),
      },
    },
  ];
}

function ok(body: unknown): ControlAnswer {
  return { statusCode: 200, body };
}

function folderOf(query: URLSearchParams, others: readonly string[]): string | null {
  checkQueryKeys(query, ['editorUserFolder', ...others]);
  const folder = query.get('editorUserFolder') ?? '';
  return folder === '' ? null : checkedEditorFolder(folder);
}

function actionOf(query: URLSearchParams): 'connect' | 'undo' {
  const action = query.get('action') ?? 'connect';
  if (action === 'connect' || action === 'undo') return action;
  throw malformed('action must be connect or undo', 'action');
}

/** Nobody connects without having been shown what will be written; an undo may be asked for blindly. */
function parseChange(
  { bytes, query }: ControlCall,
  needsFingerprint: boolean,
): { readonly fingerprint: string | null; readonly editorUserFolder: string | null } {
  const value = bytes.length > 0 ? parseObject(bytes) : Object.fromEntries(query);
  const { fingerprint, editorUserFolder } = checkBody(changeSchema, value);
  if (needsFingerprint && (fingerprint ?? '') === '') {
    throw malformed('the field "fingerprint" is missing; it comes with the change from GET', 'fingerprint');
  }
  const folder = editorUserFolder ?? null;
  return {
    fingerprint: fingerprint ?? null,
    editorUserFolder: folder === null ? null : checkedEditorFolder(folder),
  };
}
