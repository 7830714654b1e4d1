import assert from 'node:assert/strict';

import type {
  ContentPart,
  ConversationRequest,
  Message,
  ToolDefinition,
} from '../../../../daemon/conversation/request.ts';
import type { Seal } from '../../../../daemon/conversation/seal.ts';
import type { StreamEvent } from '../../../../daemon/conversation/stream-event.ts';
import {
  makerOf,
  SignedHistoryVault,
  type VaultQuestion,
  type VaultTarget,
} from '../../../../daemon/pipeline/signed-history.ts';
import type { DialectId } from '../../../../daemon/protocol/vocabulary.ts';

const CLAUDE: VaultTarget = { provider: 'ant', upstreamModel: 'claude-a', dialect: 'anthropic-messages' };
const OTHER_CLAUDE: VaultTarget = { ...CLAUDE, upstreamModel: 'claude-b' };
const GPT: VaultTarget = { provider: 'oai', upstreamModel: 'gpt-a', dialect: 'openai-responses' };
const GEMINI: VaultTarget = { provider: 'goo', upstreamModel: 'gemini', dialect: 'google-generate' };
const OPEN_ROUTER: VaultTarget = { provider: 'or', upstreamModel: 'any', dialect: 'openai-chat' };

const signature = (value: string): Seal => ({ kind: 'thinking-signature', value });
const inEnvelope = (seal: Seal, target: VaultTarget): Seal => ({ ...seal, maker: makerOf(target) });
const text = (said: string): ContentPart => ({ type: 'text', text: said });
const call = (callId: string): ContentPart => ({ type: 'tool-call', callId, name: 'read', input: '{}' });
const thought = (seal: Seal, said = ''): ContentPart => ({ type: 'reasoning', text: said, seal });
const user = (said: string): Message => ({ role: 'user', content: [text(said)] });
const assistant = (...content: readonly ContentPart[]): Message => ({ role: 'assistant', content });

/** Counts how often its messages are read. */
interface CountingRequest extends ConversationRequest {
  reads: number;
}

function requestOf(
  dialect: DialectId,
  messages: readonly Message[],
  tools: readonly ToolDefinition[] = [],
): CountingRequest {
  const nothing = Buffer.alloc(0);
  return {
    dialect,
    requestModel: 'auto',
    stream: false,
    maxOutputTokens: undefined,
    outline: messages.map(({ role }) => ({
      role,
      bytes: 1,
      hasImage: false,
      isToolResult: false,
      hasToolCall: false,
    })),
    reads: 0,
    message(index) {
      this.reads += 1;
      const message = messages[index];
      if (message === undefined) throw new RangeError(`no message ${index}`);
      return message;
    },
    toolCount: tools.length,
    tools: () => tools,
    settings: () => ({}),
    unmappedFields: () => [],
    responseFormat: { kind: 'text' },
    needs: [],
    bodySessionId: undefined,
    wantsUsage: false,
    choiceCount: 1,
    messageBytes: () => nothing,
    preambleBytes: () => nothing,
    body: { bytes: nothing, members: new Map(), entries: [] },
  };
}

/** An answer of one choice as events. */
function eventsOf(parts: readonly ContentPart[], choice = 0): StreamEvent[] {
  return parts.flatMap((part, index): StreamEvent[] => {
    const id = `${choice}-${index}`;
    switch (part.type) {
      case 'text':
        return [
          { type: 'text-start', id, choice },
          { type: 'text-delta', id, choice, delta: part.text },
          { type: 'text-end', id, choice },
        ];
      case 'reasoning':
        return [
          { type: 'reasoning-start', id, choice },
          { type: 'reasoning-delta', id, choice, delta: part.text },
          { type: 'reasoning-end', id, choice, ...(part.seal === undefined ? {} : { seal: part.seal }) },
        ];
      case 'tool-call':
        return [
          { type: 'tool-input-start', id, choice, callId: part.callId, name: part.name },
          { type: 'tool-input-end', id, choice },
        ];
      default:
        return [];
    }
  });
}

function question(
  target: VaultTarget,
  request: ConversationRequest,
  rest: Partial<VaultQuestion> = {},
): VaultQuestion {
  return { target, request, conversationId: 'c_1', ...rest };
}

/** The target is asked and answers. */
function answered(
  vault: SignedHistoryVault,
  target: VaultTarget,
  request: ConversationRequest,
  parts: readonly ContentPart[],
  rest: Partial<VaultQuestion> = {},
): void {
  const listener = vault.listen(question(target, request, rest));
  listener.observe(eventsOf(parts));
  listener.close();
}

describe('signed history', () => {
  describe('seals in the dialect of the client', () => {
    it('[B5] are owned by the model that made them and by no other of the same vendor', () => {
      const vault = new SignedHistoryVault();
      answered(vault, CLAUDE, requestOf('anthropic-messages', [user('hi')]), [
        thought(signature('s1'), 'hm'),
        text('x'),
      ]);
      const next = requestOf('anthropic-messages', [
        user('hi'),
        assistant(thought(signature('s1'), 'hm'), text('x')),
      ]);
      assert.equal(vault.viewFor(question(CLAUDE, next)).owns(signature('s1')), true);
      assert.equal(vault.viewFor(question(OTHER_CLAUDE, next)).owns(signature('s1')), false);
    });

    it('of the same model at another provider are foreign', () => {
      const vault = new SignedHistoryVault();
      const request = requestOf('anthropic-messages', [user('hi')]);
      answered(vault, CLAUDE, request, [thought(signature('s1'))]);
      const elsewhere = { ...CLAUDE, provider: 'relay' };
      const next = requestOf('anthropic-messages', [user('hi')]);
      assert.equal(vault.viewFor(question(elsewhere, next)).owns(signature('s1')), false);
    });

    it('are told apart without reading a message', () => {
      const vault = new SignedHistoryVault();
      answered(vault, CLAUDE, requestOf('anthropic-messages', [user('hi')]), [thought(signature('s1'))]);
      const next = requestOf('anthropic-messages', [user('hi'), assistant(thought(signature('s1')))]);
      vault.viewFor(question(CLAUDE, next)).owns(signature('s1'));
      assert.equal(next.reads, 0);
    });

    it('that nobody remembers go to a target while the client names no model', () => {
      const vault = new SignedHistoryVault();
      const request = requestOf('anthropic-messages', [user('hi')]);
      assert.equal(vault.viewFor(question(CLAUDE, request)).owns(signature('old')), true);
    });

    it('that nobody remembers belong to the model that the client names', () => {
      const vault = new SignedHistoryVault();
      const request = requestOf('anthropic-messages', [user('hi')]);
      const named = { named: CLAUDE };
      assert.equal(vault.viewFor(question(CLAUDE, request, named)).owns(signature('old')), true);
      assert.equal(vault.viewFor(question(OTHER_CLAUDE, request, named)).owns(signature('old')), false);
    });

    it('that nobody remembered belong to the model that has answered a request with them', () => {
      const vault = new SignedHistoryVault();
      const first = requestOf('anthropic-messages', [user('hi')]);
      vault.viewFor(question(CLAUDE, first)).owns(signature('old'));
      answered(vault, CLAUDE, first, [text('x')]);
      const next = requestOf('anthropic-messages', [user('hi')]);
      assert.equal(vault.viewFor(question(OTHER_CLAUDE, next)).owns(signature('old')), false);
      assert.equal(vault.viewFor(question(CLAUDE, next)).owns(signature('old')), true);
    });

    it('are not sent again to a model that refused a request with them', () => {
      const vault = new SignedHistoryVault();
      const first = requestOf('anthropic-messages', [user('hi')]);
      vault.viewFor(question(CLAUDE, first)).owns(signature('old'));
      vault.refused(question(CLAUDE, first));
      const next = requestOf('anthropic-messages', [user('hi')]);
      assert.equal(vault.viewFor(question(CLAUDE, first)).owns(signature('old')), false);
      assert.equal(vault.viewFor(question(CLAUDE, next)).owns(signature('old')), false);
    });

    it('of a server that signs everything alike belong to each model that gave them', () => {
      const vault = new SignedHistoryVault();
      answered(vault, CLAUDE, requestOf('anthropic-messages', [user('a')]), [thought(signature('same'))]);
      answered(vault, OTHER_CLAUDE, requestOf('anthropic-messages', [user('b')]), [
        thought(signature('same')),
      ]);
      const next = requestOf('anthropic-messages', [user('a')]);
      assert.equal(vault.viewFor(question(CLAUDE, next)).owns(signature('same')), true);
      assert.equal(vault.viewFor(question(OTHER_CLAUDE, next)).owns(signature('same')), true);
    });

    it('are remembered as soon as the answer is complete, before the provider hangs up', () => {
      const vault = new SignedHistoryVault();
      const listener = vault.listen(question(CLAUDE, requestOf('anthropic-messages', [user('hi')])));
      listener.observe([...eventsOf([thought(signature('s1'), 'hm')]), { type: 'response-end' }]);
      const next = requestOf('anthropic-messages', [user('hi')]);
      assert.equal(vault.viewFor(question(OTHER_CLAUDE, next)).owns(signature('s1')), false);
    });

    it('of a torn answer are remembered too', () => {
      const vault = new SignedHistoryVault();
      const listener = vault.listen(question(CLAUDE, requestOf('anthropic-messages', [user('hi')])));
      listener.observe(eventsOf([thought(signature('s1'), 'hm')]));
      listener.observe([{ type: 'text-start', id: 'x', choice: 0 }]);
      listener.close();
      const next = requestOf('anthropic-messages', [user('hi')]);
      assert.equal(vault.viewFor(question(OTHER_CLAUDE, next)).owns(signature('s1')), false);
    });

    it('in reasoning_details are known however the client joined them', () => {
      const vault = new SignedHistoryVault();
      const details = (list: unknown): Seal => ({ kind: 'reasoning-details', value: JSON.stringify(list) });
      const made = details([{ type: 'reasoning.text', text: 'h', signature: 'p1' }, { data: 'p2' }]);
      answered(vault, OPEN_ROUTER, requestOf('openai-chat', [user('hi')]), [thought(made, 'h')]);
      const echoed = details([{ index: 0, signature: 'p1', text: 'h' }]);
      const next = requestOf('openai-chat', [user('hi')]);
      assert.equal(vault.viewFor(question(OPEN_ROUTER, next)).owns(echoed), true);
      const other = { ...OPEN_ROUTER, upstreamModel: 'another' };
      assert.equal(vault.viewFor(question(other, next)).owns(echoed), false);
    });
  });

  describe('seals in envelopes', () => {
    it('[B5] go back to their maker where they stood, and to nobody else', () => {
      const vault = new SignedHistoryVault();
      answered(vault, CLAUDE, requestOf('openai-responses', [user('hi')]), [
        thought(signature('s1'), 'hm'),
        text('x'),
      ]);
      const seal = inEnvelope(signature('s1'), CLAUDE);
      const next = requestOf('openai-responses', [
        user('hi'),
        assistant(thought(seal, 'hm')),
        assistant(text('x')),
        user('go on'),
      ]);
      assert.equal(vault.viewFor(question(CLAUDE, next)).owns(seal), true);
      assert.equal(vault.viewFor(question(OTHER_CLAUDE, next)).owns(seal), false);
    });

    it('stay out when something in front of them changed', () => {
      const vault = new SignedHistoryVault();
      answered(vault, CLAUDE, requestOf('openai-responses', [user('hi')]), [thought(signature('s1'), 'hm')]);
      const seal = inEnvelope(signature('s1'), CLAUDE);
      const edited = requestOf('openai-responses', [user('hi!'), assistant(thought(seal, 'hm'), text('x'))]);
      assert.equal(vault.viewFor(question(CLAUDE, edited)).owns(seal), false);
    });

    it('stay out when their thought came back changed', () => {
      const vault = new SignedHistoryVault();
      answered(vault, CLAUDE, requestOf('openai-responses', [user('hi')]), [thought(signature('s1'), 'hm')]);
      const seal = inEnvelope(signature('s1'), CLAUDE);
      const edited = requestOf('openai-responses', [user('hi'), assistant(thought(seal, 'h…'), text('x'))]);
      assert.equal(vault.viewFor(question(CLAUDE, edited)).owns(seal), false);
    });

    it('behind one that is missing stay out with it', () => {
      const vault = new SignedHistoryVault();
      const [first, second] = [signature('s1'), signature('s2')].map((seal) => inEnvelope(seal, CLAUDE));
      assert.ok(first !== undefined && second !== undefined);
      const opening = [user('hi'), assistant(thought(first, 'hm'), text('x')), user('go on')];
      answered(vault, CLAUDE, requestOf('openai-responses', [user('hi')]), [
        thought(signature('s1'), 'hm'),
        text('x'),
      ]);
      answered(vault, CLAUDE, requestOf('openai-responses', opening), [
        thought(signature('s2'), 'oh'),
        text('y'),
      ]);
      const last = assistant(thought(second, 'oh'), text('y'));
      const whole = requestOf('openai-responses', [...opening, last]);
      assert.equal(vault.viewFor(question(CLAUDE, whole)).owns(second), true);
      const cut = requestOf('openai-responses', [user('hi'), assistant(text('x')), user('go on'), last]);
      assert.equal(vault.viewFor(question(CLAUDE, cut)).owns(second), false);
    });

    it('stay in their places when a mark for the prompt cache moves', () => {
      const vault = new SignedHistoryVault();
      const other = (raw: object): ContentPart => ({ type: 'other', wireType: 'x', raw: { ...raw } });
      const asked = (raw: object): Message => ({ role: 'user', content: [other(raw)] });
      const marked = { a: 1, cache_control: { type: 'ephemeral' } };
      answered(vault, CLAUDE, requestOf('openai-responses', [asked(marked)]), [thought(signature('s1'))]);
      const seal = inEnvelope(signature('s1'), CLAUDE);
      const next = requestOf('openai-responses', [asked({ a: 1 }), assistant(thought(seal), text('x'))]);
      assert.equal(vault.viewFor(question(CLAUDE, next)).owns(seal), true);
    });

    it('are bound to the tools at Anthropic and not elsewhere', () => {
      const tool = (name: string): ToolDefinition => ({ kind: 'function', name, raw: null });
      for (const [target, client] of [
        [CLAUDE, 'openai-responses'],
        [GPT, 'anthropic-messages'],
      ] as const) {
        const vault = new SignedHistoryVault();
        answered(vault, target, requestOf(client, [user('hi')], [tool('read')]), [thought(signature('s1'))]);
        const seal = inEnvelope(signature('s1'), target);
        const next = requestOf(
          client,
          [user('hi'), assistant(thought(seal), text('x'))],
          [tool('read'), tool('write')],
        );
        assert.equal(vault.viewFor(question(target, next)).owns(seal), target === GPT);
      }
    });

    it('from before the daemon’s start are taken on their maker’s name', () => {
      const vault = new SignedHistoryVault();
      const seal = inEnvelope(signature('old'), CLAUDE);
      const next = requestOf('openai-responses', [user('hi'), assistant(thought(seal, 'hm'), text('x'))]);
      assert.equal(vault.viewFor(question(CLAUDE, next)).owns(seal), true);
      assert.equal(vault.viewFor(question(GPT, next)).owns(seal), false);
    });

    it('are not sent again to a model that refused a request with them', () => {
      const vault = new SignedHistoryVault();
      const seal = inEnvelope(signature('old'), CLAUDE);
      const next = requestOf('openai-responses', [user('hi'), assistant(thought(seal, 'hm'), text('x'))]);
      vault.viewFor(question(CLAUDE, next)).owns(seal);
      vault.refused(question(CLAUDE, next));
      assert.equal(vault.viewFor(question(CLAUDE, next)).owns(seal), false);
    });
  });

  describe('thoughts of clients that cannot carry seals', () => {
    const made = [thought(signature('s1'), 'hm'), text('x')] as const;
    const asked = [user('hi')];

    it('[B5] are put back in front of the answer that they belong to', () => {
      const vault = new SignedHistoryVault();
      answered(vault, CLAUDE, requestOf('openai-chat', asked), made);
      const answer = assistant(text('x'));
      const next = requestOf('openai-chat', [...asked, answer, user('go on')]);
      const view = vault.viewFor(question(CLAUDE, next));
      const recalled = view.recall(answer);
      const seal = inEnvelope(signature('s1'), CLAUDE);
      assert.deepEqual(recalled, [{ beforePart: 0, part: { type: 'reasoning', text: 'hm', seal } }]);
      assert.ok(recalled.every(({ part }) => part.seal !== undefined && view.owns(part.seal)));
    });

    it('are told to nobody but their maker', () => {
      const vault = new SignedHistoryVault();
      answered(vault, CLAUDE, requestOf('openai-chat', asked), made);
      const answer = assistant(text('x'));
      const next = requestOf('openai-chat', [...asked, answer]);
      assert.deepEqual(vault.viewFor(question(OTHER_CLAUDE, next)).recall(answer), []);
      assert.deepEqual(vault.viewFor(question(GPT, next)).recall(answer), []);
    });

    it('are found by the ids of parallel calls, also when the text lost its ends', () => {
      const vault = new SignedHistoryVault();
      answered(vault, CLAUDE, requestOf('openai-chat', asked), [
        thought(signature('s1'), 'hm'),
        text(' so\n'),
        call('a'),
        call('b'),
      ]);
      const answer = assistant(text('so'), call('a'), call('b'));
      const next = requestOf('openai-chat', [...asked, answer]);
      assert.equal(vault.viewFor(question(CLAUDE, next)).recall(answer).length, 1);
    });

    it('stay out when the client edited what stands in front of them', () => {
      const vault = new SignedHistoryVault();
      answered(vault, CLAUDE, requestOf('openai-chat', asked), made);
      const answer = assistant(text('x'));
      const next = requestOf('openai-chat', [user('a summary'), answer]);
      assert.deepEqual(vault.viewFor(question(CLAUDE, next)).recall(answer), []);
    });

    it('of one of two answers that look alike stand at that one only', () => {
      const vault = new SignedHistoryVault();
      const [first, second] = [assistant(text('Done.')), assistant(text('Done.'))];
      const opening = [...asked, first, user('again')];
      answered(vault, CLAUDE, requestOf('openai-chat', opening), [
        thought(signature('s2'), 'hm'),
        text('Done.'),
      ]);
      const view = vault.viewFor(question(CLAUDE, requestOf('openai-chat', [...opening, second])));
      assert.deepEqual(view.recall(first), []);
      assert.equal(view.recall(second).length, 1);
    });

    it('of the answer that the client chose out of several are put back', () => {
      const vault = new SignedHistoryVault();
      const listener = vault.listen(question(CLAUDE, requestOf('openai-chat', asked)));
      listener.observe(eventsOf([thought(signature('s1')), text('x')], 0));
      listener.observe(eventsOf([thought(signature('s2')), text('y')], 1));
      listener.close();
      const answer = assistant(text('y'));
      const view = vault.viewFor(question(CLAUDE, requestOf('openai-chat', [...asked, answer])));
      assert.deepEqual(
        view.recall(answer).map(({ part }) => part.seal?.value),
        ['s2'],
      );
    });

    it('between two texts that the client joined stay out, those in front of them do not', () => {
      const vault = new SignedHistoryVault();
      answered(vault, CLAUDE, requestOf('openai-chat', asked), [
        thought(signature('s1')),
        text('a'),
        thought(signature('s2')),
        text('b'),
      ]);
      const answer = assistant(text('ab'));
      const view = vault.viewFor(question(CLAUDE, requestOf('openai-chat', [...asked, answer])));
      assert.deepEqual(
        view.recall(answer).map(({ part }) => part.seal?.value),
        ['s1'],
      );
    });

    it('of Google stay out when the text that they prove was changed', () => {
      const seal: Seal = { kind: 'thought-signature', value: 'g1' };
      for (const [echo, count] of [
        [' x', 1],
        ['x', 0],
      ] as const) {
        const vault = new SignedHistoryVault();
        answered(vault, GEMINI, requestOf('openai-chat', asked), [thought(seal), text(' x')]);
        const answer = assistant(text(echo));
        const view = vault.viewFor(question(GEMINI, requestOf('openai-chat', [...asked, answer])));
        assert.equal(view.recall(answer).length, count, JSON.stringify(echo));
      }
    });

    it('that the client carries after all are not put back twice', () => {
      const vault = new SignedHistoryVault();
      answered(vault, CLAUDE, requestOf('google-generate', asked), made);
      const answer = assistant(thought(inEnvelope(signature('s1'), CLAUDE), 'hm'), text('x'));
      const view = vault.viewFor(question(CLAUDE, requestOf('google-generate', [...asked, answer])));
      assert.deepEqual(view.recall(answer), []);
    });

    it('that are unsigned are put back for a chat model that wants its reasoning', () => {
      const vault = new SignedHistoryVault();
      answered(vault, OPEN_ROUTER, requestOf('ollama-chat', asked), [
        { type: 'reasoning', text: 'hm' },
        call('a'),
      ]);
      const answer = assistant(call('a'));
      const view = vault.viewFor(question(OPEN_ROUTER, requestOf('ollama-chat', [...asked, answer])));
      const [recalled] = view.recall(answer);
      assert.equal(recalled?.part.text, 'hm');
      assert.ok(recalled.part.seal?.kind === 'unsealed' && view.owns(recalled.part.seal));
    });

    it('are gone for a model that refused a request with them', () => {
      const vault = new SignedHistoryVault();
      answered(vault, CLAUDE, requestOf('openai-chat', asked), made);
      const answer = assistant(text('x'));
      const next = requestOf('openai-chat', [...asked, answer]);
      vault.viewFor(question(CLAUDE, next)).recall(answer);
      vault.refused(question(CLAUDE, next));
      assert.deepEqual(vault.viewFor(question(CLAUDE, next)).recall(answer), []);
    });
  });

  describe('cost and bounds', () => {
    it('reads no message of a conversation in which nothing is signed', () => {
      const vault = new SignedHistoryVault();
      const answer = assistant(text('x'));
      const request = requestOf('openai-chat', [user('hi'), answer]);
      vault.viewFor(question(CLAUDE, request)).recall(answer);
      answered(vault, CLAUDE, request, [text('y')]);
      assert.equal(request.reads, 0);
      assert.equal(vault.bytes, 0);
    });

    it('forgets the conversation that was used least recently, whole', () => {
      const vault = new SignedHistoryVault({ maxConversations: 2 });
      const asked = (name: string): CountingRequest => requestOf('anthropic-messages', [user(name)]);
      const answerIn = (conversationId: string): void =>
        answered(
          vault,
          CLAUDE,
          asked(conversationId),
          [thought(signature(`${conversationId} 1`)), text('x'), thought(signature(`${conversationId} 2`))],
          { conversationId },
        );
      const isKnown = (seal: string): boolean =>
        !vault.viewFor(question(OTHER_CLAUDE, asked('x'), { conversationId: 'c_x' })).owns(signature(seal));
      answerIn('a');
      answerIn('b');
      assert.ok(isKnown('a 1')); // a use of it
      answerIn('c');
      assert.deepEqual(['a 1', 'a 2', 'b 1', 'b 2', 'c 1', 'c 2'].map(isKnown), [
        true,
        true,
        false,
        false,
        true,
        true,
      ]);
      assert.equal(vault.conversationCount, 2);
    });

    it('forgets the thoughts of a conversation with it', () => {
      const vault = new SignedHistoryVault({ maxConversations: 1 });
      const asked = (name: string): CountingRequest => requestOf('openai-chat', [user(name)]);
      const made = [thought(signature('s1'), 'hm'), text('x')];
      answered(vault, CLAUDE, asked('a'), made, { conversationId: 'c_a' });
      answered(vault, CLAUDE, asked('b'), made, { conversationId: 'c_b' });
      const countOf = (name: string): number => {
        const answer = assistant(text('x'));
        const next = requestOf('openai-chat', [user(name), answer]);
        return vault.viewFor(question(CLAUDE, next)).recall(answer).length;
      };
      assert.deepEqual(['a', 'b'].map(countOf), [0, 1]);
    });

    it('stays below its limit of bytes, whatever the models think', () => {
      const vault = new SignedHistoryVault({ maxBytes: 100_000 });
      for (let turn = 0; turn < 200; turn += 1) {
        answered(
          vault,
          CLAUDE,
          requestOf('openai-chat', [user(`ask ${turn}`)]),
          [thought(signature(`s${turn}`), 'hm'.repeat(1000)), text('x')],
          { conversationId: `c_${turn % 20}` },
        );
        assert.ok(vault.bytes <= 100_000);
      }
      assert.ok(vault.bytes > 0);
    });

    it('gives up an answer that never ends', () => {
      const vault = new SignedHistoryVault();
      const request = requestOf('openai-chat', [user('hi')]);
      const listener = vault.listen(question(CLAUDE, request));
      listener.observe([{ type: 'text-start', id: 't', choice: 0 }]);
      const delta = 'x'.repeat(1024 * 1024);
      for (let count = 0; count < 5; count += 1) {
        listener.observe([{ type: 'text-delta', id: 't', choice: 0, delta }]);
      }
      listener.observe(eventsOf([thought(signature('s1'), 'hm')]));
      listener.close();
      assert.equal(vault.bytes, 0);
    });

    it('gives up an answer of endless parts, and one whose seals never end', () => {
      const endless: readonly (readonly ContentPart[])[] = [
        Array.from({ length: 60_000 }, (_, index) => call(`c${index}`)),
        [thought(signature('s'.repeat(5 * 1024 * 1024)), 'hm')],
      ];
      for (const parts of endless) {
        const vault = new SignedHistoryVault();
        const listener = vault.listen(question(CLAUDE, requestOf('openai-chat', [user('hi')])));
        listener.observe(eventsOf([...parts, thought(signature('s1'), 'hm'), text('x')]));
        listener.close();
        assert.equal(vault.bytes, 0);
      }
    });

    it('keeps no text of a prompt', () => {
      const vault = new SignedHistoryVault();
      const secret = 'a very secret prompt';
      const request = requestOf('openai-chat', [user(secret)]);
      answered(vault, CLAUDE, request, [thought(signature('s1'), 'hm'), text('a very secret answer')]);
      assert.ok(vault.bytes < 1000);
    });
  });
});
