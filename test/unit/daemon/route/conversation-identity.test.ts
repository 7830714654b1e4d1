import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import {
  conversationId,
  explicitConversationId,
  type IdentityInput,
} from '../../../../daemon/route/conversation-identity.ts';
import type { Role } from '../../../../daemon/conversation/request.ts';

interface Shape {
  readonly headers?: Readonly<Record<string, string>>;
  readonly bodySessionId?: string;
  readonly system?: readonly string[];
  readonly tools?: readonly string[];
  readonly opener?: string;
}

function given({
  headers = {},
  bodySessionId,
  system = [],
  tools = [],
  opener = 'hello',
}: Shape): IdentityInput {
  const roles: readonly Role[] = [...system.map((): Role => 'system'), 'user'];
  return {
    headers: new Map(Object.entries(headers)),
    firstUserText: opener,
    request: {
      bodySessionId,
      toolCount: tools.length,
      preambleBytes: () => Buffer.from(JSON.stringify(tools)),
      outline: roles.map((role) => ({
        role,
        bytes: 1,
        hasImage: false,
        isToolResult: false,
        hasToolCall: false,
      })),
      messageBytes: (index) => Buffer.from(system[index] ?? opener),
    },
  };
}

function idOf(shape: Shape): string {
  return conversationId(given(shape)).id;
}

const FULL: Shape = {
  headers: {
    'x-pointsman-conversation': 'mine',
    'x-session-id': 's1',
    session_id: 's2',
    'session-id': 's3',
    'x-claude-code-session-id': 's4',
    'x-session-affinity': 's5',
  },
  bodySessionId: 's6',
};

describe('route/conversation-identity', () => {
  it('takes the strongest sign that there is', () => {
    let headers = { ...FULL.headers };
    const seen: string[] = [];
    for (const name of Object.keys(headers)) {
      seen.push(idOf({ ...FULL, headers }));
      const { [name]: _gone, ...rest } = headers;
      headers = rest;
    }
    const expected = ['s1', 's2', 's3', 's4', 's5'].map((value) =>
      idOf({ headers: { 'x-session-id': value } }),
    );
    assert.deepEqual(seen, ['c_mine', ...expected]);
    assert.equal(conversationId(given({ headers, bodySessionId: 's6' })).source, 'body');
    assert.equal(conversationId(given({ headers })).source, 'opener');
  });

  it('gives one session one id, whichever header or body field carries it', () => {
    const byHeader = idOf({ headers: { 'session-id': 'abc' } });
    assert.equal(idOf({ headers: { 'x-claude-code-session-id': 'abc' } }), byHeader);
    assert.equal(idOf({ bodySessionId: 'abc' }), byHeader);
  });

  it('takes an empty header as none', () => {
    assert.equal(
      idOf({ headers: { 'x-session-id': ' ' }, bodySessionId: 'abc' }),
      idOf({ bodySessionId: 'abc' }),
    );
  });

  it('tells a branch from the main line of its session', () => {
    const main = idOf({ headers: { 'session-id': 'abc', 'thread-id': 'abc' } });
    assert.equal(main, idOf({ headers: { 'session-id': 'abc' } }));
    assert.notEqual(main, idOf({ headers: { 'session-id': 'abc', 'thread-id': 'def' } }));
  });

  it('keeps a name that the user chose readable, and an id itself', () => {
    assert.equal(explicitConversationId('refactor-7'), 'c_refactor-7');
    assert.equal(explicitConversationId('c_refactor-7'), 'c_refactor-7');
    const generated = idOf({});
    assert.equal(explicitConversationId(generated), generated);
    assert.match(explicitConversationId('two words\n'), /^c_[\w-]{22}$/);
    assert.match(explicitConversationId('x'.repeat(1000)), /^c_[\w-]{22}$/);
  });

  const openers: readonly (readonly [title: string, other: Shape])[] = [
    ['another opener', { opener: 'goodbye' }],
    ['another system text', { system: ['you are b'] }],
    ['other tools', { tools: ['read'] }],
    ['a system text where there was none', { system: [''] }],
  ];
  for (const [title, other] of openers) {
    it(`tells conversations apart by ${title}`, () => assert.notEqual(idOf(other), idOf({})));
  }

  it('tells long openers apart by their beginning, their end and their length', () => {
    const long = 'x'.repeat(100_000);
    const others = [`y${long.slice(1)}`, `${long.slice(1)}y`, `${long}x`, long.slice(1)];
    const found = [long, ...others].map((opener) => idOf({ opener }));
    assert.equal(new Set(found).size, 5);
  });

  it('does not mix up where one text ends and the next begins', () => {
    assert.notEqual(idOf({ system: ['ab', 'c'] }), idOf({ system: ['a', 'bc'] }));
  });

  it('looks only at system texts before the conversation', () => {
    const early = given({ system: ['rules'] });
    const late = {
      role: 'system',
      bytes: 1,
      hasImage: false,
      isToolResult: false,
      hasToolCall: false,
    } as const;
    const request = { ...early.request, outline: [...early.request.outline, late] };
    assert.equal(conversationId({ ...early, request }).id, conversationId(early).id);
  });

  it('never holds a word of the prompt, and is short', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), fc.string({ minLength: 8 }), (opener, session) => {
        for (const id of [idOf({ opener }), idOf({ bodySessionId: session })]) {
          assert.match(id, /^c_[\w-]{22}$/);
          assert.ok(!id.includes(opener) && !id.includes(session));
        }
      }),
    );
  });
});

describe('route/conversation-identity: recorded assistants', function () {
  const shared = process.env['POINTSMAN_SHARED'] ?? path.resolve('..', 'shared');
  const folder = path.join(shared, 'client-traffic');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const firstTurns = names.filter((name) => name.endsWith('.first-turn.json'));

  before(function () {
    if (firstTurns.length > 0) return;
    console.log(`skipped: no recorded traffic in ${folder}`);
    this.skip();
  });

  it('has a corpus to look at', () => assert.ok(firstTurns.length >= 10));

  for (const first of firstTurns) {
    const later = first.replace('first-turn', 'tool-result');
    if (!names.includes(later)) continue;
    it(`keeps ${first.replace('.first-turn.json', '')} in one conversation from turn to turn`, () => {
      const read = (name: string): IdentityInput => recorded(readFileSync(path.join(folder, name), 'utf8'));
      assert.equal(conversationId(read(later)).id, conversationId(read(first)).id);
    });
  }
});

/** A recorded request as the identity sees it, whatever its dialect. */
function recorded(text: string): IdentityInput {
  const { headers, body } = JSON.parse(text) as {
    headers: Record<string, string>;
    body: {
      messages?: Item[];
      input?: Item[];
      tools?: unknown[];
      system?: unknown;
      prompt_cache_key?: string;
    };
  };
  const items = body.messages ?? body.input ?? [];
  const opener = items.find((item) => item.role === 'user');
  const lower = Object.entries(headers).map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  return {
    headers: new Map(lower),
    firstUserText: textOf(opener?.content),
    request: {
      bodySessionId: body.prompt_cache_key,
      toolCount: body.tools?.length ?? 0,
      preambleBytes: () => Buffer.from(JSON.stringify([body.tools, body.system])),
      outline: items.map(({ role = 'assistant' }) => ({
        role,
        bytes: 1,
        hasImage: false,
        isToolResult: false,
        hasToolCall: false,
      })),
      messageBytes: (index) => Buffer.from(JSON.stringify(items[index])),
    },
  };
}

/** Only texts: clients move their cache marks from message to message. */
function textOf(content: Item['content']): string {
  return Array.isArray(content) ? content.map((part) => part.text ?? '').join('\n') : (content ?? '');
}

interface Item {
  readonly role?: Role;
  readonly content?: string | { readonly text?: string }[];
}
