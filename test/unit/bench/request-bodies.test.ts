import assert from 'node:assert/strict';

import { agentRequest, BodyCounter, smallChat, type RequestBody } from '../../bench/request-bodies.ts';

interface Json {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly tools?: readonly unknown[];
  readonly stream?: boolean;
}

const parsed = ({ bytes }: RequestBody): Json => JSON.parse(bytes.toString()) as Json;
const agent = { isStream: false, bytes: 50_000, messages: 20, tools: 5, ending: 'task' } as const;

describe('requests of the bench', () => {
  for (const dialect of ['openai-chat', 'anthropic-messages'] as const) {
    it(`have exactly the size that was asked for (${dialect})`, () => {
      for (const bytes of [20_000, 200_000, 1_000_000]) {
        assert.equal(agentRequest({ ...agent, dialect, bytes }).bytes.length, bytes);
      }
    });

    it(`change in the newest message and keep their size (${dialect})`, () => {
      for (const ending of ['task', 'ask'] as const) {
        const body = agentRequest({ ...agent, dialect, ending });
        const before = parsed(body);
        const counter = new BodyCounter();
        counter.stamp(body.bytes, body.counterAt);
        const after = parsed(body);
        assert.match(JSON.stringify(after.messages.at(-1)), /ticket \d{12}(?!\d)/);
        assert.notDeepEqual(after.messages.at(-1), before.messages.at(-1));
        assert.deepEqual(after.messages.slice(0, -1), before.messages.slice(0, -1));
      }
    });
  }

  it('have as many messages and tools as was asked for', () => {
    for (const messages of [4, 20, 500]) {
      const task = parsed(agentRequest({ ...agent, dialect: 'openai-chat', messages }));
      assert.equal(task.messages.length, messages);
      assert.equal(task.tools?.length, 5);
    }
    assert.equal(
      parsed(agentRequest({ ...agent, dialect: 'openai-chat', messages: 6, ending: 'ask' })).messages.length,
      6,
    );
  });

  it('can have a last ask of any length', () => {
    const { messages } = parsed(
      agentRequest({ ...agent, dialect: 'openai-chat', ending: 'ask', askBytes: 8000 }),
    );
    assert.equal(String(messages.at(-1)?.content).length, 8000);
  });

  it('are never the same twice', () => {
    const body = smallChat(true);
    const counter = new BodyCounter();
    const seen = new Set<string>();
    for (let time = 0; time < 1000; time += 1) {
      counter.stamp(body.bytes, body.counterAt);
      seen.add(body.bytes.toString());
    }
    assert.equal(seen.size, 1000);
  });
});
