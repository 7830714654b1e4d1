// Conversations as the load of the soak holds them, in every client dialect: they grow by a turn with each answer, end
// after some turns, and the next one has a new name. Bodies are joined from prepared pieces.

import type { Rng } from '../support/hostile-input.ts';
import { markOf, nonceOf, type Deed } from './soak-words.ts';

export const CLIENTS = [
  'openai-chat',
  'anthropic-messages',
  'openai-responses',
  'google-generate',
  'ollama-chat',
] as const;
export type SoakClient = (typeof CLIENTS)[number];

/** Shares of the dialects, in tenths. */
const DEALT: readonly SoakClient[] = [
  ...Array<SoakClient>(4).fill('openai-chat'),
  ...Array<SoakClient>(3).fill('anthropic-messages'),
  'openai-responses',
  'google-generate',
  'ollama-chat',
];

const MODELS = ['auto', 'auto', 'auto', 'auto:budget', 'auto:quality', 'strong-messages', 'exact/small-chat'];

const WORDS =
  'the parser drops last row when buffer ends with quote rename field keep tests green explain why loop stops early add retry for timeouts move helper into module document flags'.split(
    ' ',
  );

const SYSTEM = `You are a careful engineer. ${WORDS.join(' ')}. `.repeat(2);
const PARAMETERS = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const TOOL = { name: 'weather', description: 'Tells the weather.' };

interface Shape {
  readonly path: (model: string, isStream: boolean) => string;
  /** Everything in front of the first message. */
  readonly opening: (model: string, isStream: boolean) => string;
  readonly closing: string;
  readonly user: (text: string) => string;
  readonly assistant: (text: string) => string;
  /** What the client says has been answered, in the stream or in the body. */
  readonly ending: (isStream: boolean) => string;
}

const json = (value: unknown): string => JSON.stringify(value);
const plainMessage = (role: string) => (text: string) => json({ role, content: text });
/** `{...}` without its last brace, and a list begun. */
const begun = (head: object, list: string): string => `${json(head).slice(0, -1)},"${list}":[`;

const SHAPES: Readonly<Record<SoakClient, Shape>> = {
  'openai-chat': {
    path: () => '/v1/chat/completions',
    opening: (model, stream) =>
      `${begun({ model, stream, tools: [{ type: 'function', function: { ...TOOL, parameters: PARAMETERS } }] }, 'messages')}${json({ role: 'system', content: SYSTEM })},`,
    closing: ']}',
    user: plainMessage('user'),
    assistant: plainMessage('assistant'),
    ending: (isStream) => (isStream ? 'data: [DONE]' : '"finish_reason":"'),
  },
  'anthropic-messages': {
    path: () => '/v1/messages',
    opening: (model, stream) =>
      begun(
        { model, stream, max_tokens: 2000, system: SYSTEM, tools: [{ ...TOOL, input_schema: PARAMETERS }] },
        'messages',
      ),
    closing: ']}',
    user: plainMessage('user'),
    assistant: (text) =>
      json({
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'The bound is exclusive here.', signature: `Eq${text.slice(0, 24)}` },
          { type: 'text', text },
        ],
      }),
    ending: (isStream) => (isStream ? '"type":"message_stop"' : '"stop_reason":"'),
  },
  'openai-responses': {
    path: () => '/v1/responses',
    opening: (model, stream) =>
      begun(
        {
          model,
          stream,
          instructions: SYSTEM,
          tools: [{ type: 'function', ...TOOL, parameters: PARAMETERS, strict: false }],
        },
        'input',
      ),
    closing: ']}',
    user: (text) => json({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] }),
    assistant: (text) =>
      json({ type: 'message', role: 'assistant', content: [{ type: 'output_text', text, annotations: [] }] }),
    ending: (isStream) => (isStream ? '"type":"response.completed"' : '"status":"completed"'),
  },
  'google-generate': {
    path: (model, isStream) =>
      `/v1beta/models/${encodeURIComponent(model)}:${isStream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    opening: () =>
      begun(
        {
          systemInstruction: { parts: [{ text: SYSTEM }] },
          tools: [{ functionDeclarations: [{ ...TOOL, parameters: PARAMETERS }] }],
        },
        'contents',
      ),
    closing: ']}',
    user: (text) => json({ role: 'user', parts: [{ text }] }),
    assistant: (text) => json({ role: 'model', parts: [{ text }] }),
    ending: () => '"finishReason":"',
  },
  'ollama-chat': {
    path: () => '/api/chat',
    opening: (model, stream) =>
      `${begun({ model, stream }, 'messages')}${json({ role: 'system', content: SYSTEM })},`,
    closing: ']}',
    user: plainMessage('user'),
    assistant: plainMessage('assistant'),
    ending: () => '"done":true',
  },
};

/** One request as bytes, and what a complete answer of it holds. */
export interface SoakRequest {
  readonly bytes: Buffer;
  readonly nonce: string;
  readonly ending: string;
}

export interface RequestWish {
  readonly index: number;
  readonly deed: Deed;
  readonly isStream: boolean;
}

export class SoakConversation {
  readonly #rng: Rng;
  readonly #shape: Shape;
  readonly #head: string;
  readonly #model: string;
  readonly #messages: string[] = [];
  #turnsLeft: number;
  /** Id of the stored answer to go on from; null = the whole history is sent. */
  #previousId: string | null = null;
  readonly #isStored: boolean;

  /** `index` makes its names new ones. */
  constructor(rng: Rng, index: number, door: { readonly port: number; readonly token: string }) {
    this.#rng = rng;
    const client = rng.pick(DEALT);
    this.#shape = SHAPES[client];
    this.#isStored = client === 'openai-responses' && rng.below(2) === 0;
    this.#turnsLeft = 1 + rng.below(8);
    this.#model = rng.below(20) === 0 ? `nobody-knows-${index}` : rng.pick(MODELS);
    const names = [
      rng.below(2) === 0 ? `x-pointsman-conversation: conversation-${index}\r\n` : '',
      rng.below(3) === 0 ? `x-pointsman-workspace: workspace-${index % 20_000}\r\n` : '',
      rng.below(10) === 0 ? `user-agent: client-${index}/1.0\r\n` : 'user-agent: soak/1.0\r\n',
    ];
    this.#head = `host: 127.0.0.1:${door.port}\r\nauthorization: Bearer ${door.token}\r\ncontent-type: application/json\r\n${names.join('')}`;
  }

  get isOver(): boolean {
    return this.#turnsLeft <= 0;
  }

  ask({ index, deed, isStream }: RequestWish): SoakRequest {
    const nonce = nonceOf(index);
    const shape = this.#shape;
    const words = Array.from({ length: 6 + this.#rng.below(20) }, () => this.#rng.pick(WORDS)).join(' ');
    this.#messages.push(shape.user(`${nonce}: ${words}? ${markOf(deed, nonce)}`));
    const isGoingOn = this.#previousId !== null;
    const messages = isGoingOn ? this.#messages.slice(-1) : this.#messages;
    const closing = isGoingOn ? `],"previous_response_id":"${this.#previousId}"}` : shape.closing;
    const body = `${shape.opening(this.#model, isStream)}${messages.join(',')}${closing}`;
    const path = shape.path(this.#model, isStream);
    return {
      bytes: Buffer.from(
        `POST ${path} HTTP/1.1\r\n${this.#head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      ),
      nonce,
      ending: shape.ending(isStream),
    };
  }

  /** The answer was complete: the conversation has one more turn. */
  answered(body: Buffer, nonce: string): void {
    this.#turnsLeft -= 1;
    this.#messages.push(this.#shape.assistant(`${nonce} is done, the loop ends one step later now.`));
    if (!this.#isStored) return;
    this.#previousId = /"id":"(resp_[^"]+)"/.exec(body.toString('latin1'))?.[1] ?? null;
  }

  /** The request got no answer: the user gives up, or says something else. */
  failed(): void {
    this.#turnsLeft -= 2;
    this.#messages.pop();
    this.#previousId = null;
  }
}
