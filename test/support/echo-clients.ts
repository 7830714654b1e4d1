// Clients that keep a conversation the way the SDK of each dialect does: what an answer held is sent back as it came,
// with the habits that real assistants have (moved cache marks, dropped thoughts, trimmed text).

import type { DialectId } from '../../daemon/protocol/vocabulary.ts';
import { arrayOf, isJsonObject, type JsonObject, objectOf, stringOf } from '../../daemon/util/json.ts';

export interface Call {
  readonly callId: string;
  readonly name: string;
}

export interface EchoClient {
  readonly dialect: DialectId;
  readonly path: string;
  readonly body: JsonObject;
  /** Calls of the last answer that wait for their results. */
  readonly openCalls: readonly Call[];
  say(text: string): void;
  giveResults(results: readonly string[]): void;
  /** A plain answer as it came. */
  receive(answer: JsonObject): void;
  /** The whole conversation so far, to go back to. */
  save(): readonly JsonObject[];
  restore(history: readonly JsonObject[]): void;
}

export interface Habits {
  /** Cache marks that move along (Anthropic). */
  readonly movesCacheMarks: boolean;
  /** Manual thinking instead of adaptive (Anthropic). */
  readonly thinksByBudget: boolean;
  /** Reasoning text is not sent back (chat), or thoughts are not (Google). */
  readonly dropsThoughts: boolean;
  /** White space at the ends of an answer is lost (chat). */
  readonly trimsText: boolean;
}

abstract class Client implements EchoClient {
  abstract readonly dialect: DialectId;
  readonly path: string = '';
  protected history: JsonObject[] = [];
  protected readonly habits: Habits;
  openCalls: readonly Call[] = [];

  constructor(habits: Habits) {
    this.habits = habits;
  }

  save(): readonly JsonObject[] {
    return structuredClone(this.history);
  }

  restore(history: readonly JsonObject[]): void {
    this.history = structuredClone([...history]);
    this.openCalls = [];
  }

  abstract get body(): JsonObject;
  abstract say(text: string): void;
  abstract giveResults(results: readonly string[]): void;
  abstract receive(answer: JsonObject): void;
}

const SYSTEM = 'Be brief.';
const PARAMETERS = { type: 'object', properties: { path: { type: 'string' } } };

class AnthropicClient extends Client {
  readonly dialect = 'anthropic-messages';

  get body(): JsonObject {
    const messages = structuredClone(this.history) as { content: JsonObject[] }[];
    const last = messages.at(-1)?.content.at(-1);
    if (this.habits.movesCacheMarks && last !== undefined) {
      Object.assign(last, { cache_control: { type: 'ephemeral' } });
    }
    const thinking = this.habits.thinksByBudget
      ? { type: 'enabled', budget_tokens: 1024 }
      : { type: 'adaptive' };
    return {
      model: 'auto',
      max_tokens: 4096,
      system: SYSTEM,
      thinking,
      messages,
      tools: [{ name: 'read', description: 'Reads a file.', input_schema: PARAMETERS }],
    };
  }

  say(text: string): void {
    this.history.push({ role: 'user', content: [{ type: 'text', text }] });
  }

  giveResults(results: readonly string[]): void {
    const content = this.openCalls.map(({ callId }, index) => ({
      type: 'tool_result',
      tool_use_id: callId,
      content: results[index] ?? '',
    }));
    this.history.push({ role: 'user', content });
  }

  receive(answer: JsonObject): void {
    const content = objects(answer['content']);
    this.history.push({ role: 'assistant', content });
    this.openCalls = content.flatMap((block) =>
      block['type'] === 'tool_use' ? [{ callId: text(block['id']), name: text(block['name']) }] : [],
    );
  }
}

class ResponsesClient extends Client {
  readonly dialect = 'openai-responses';

  get body(): JsonObject {
    return {
      model: 'auto',
      instructions: SYSTEM,
      store: false,
      include: ['reasoning.encrypted_content'],
      reasoning: { effort: 'medium', summary: 'auto' },
      input: [...this.history],
      tools: [
        {
          type: 'function',
          name: 'read',
          description: 'Reads a file.',
          parameters: PARAMETERS,
          strict: false,
        },
      ],
    };
  }

  say(said: string): void {
    this.history.push({ role: 'user', content: [{ type: 'input_text', text: said }] });
  }

  giveResults(results: readonly string[]): void {
    for (const [index, { callId }] of this.openCalls.entries()) {
      this.history.push({ type: 'function_call_output', call_id: callId, output: results[index] ?? '' });
    }
  }

  receive(answer: JsonObject): void {
    const output = objects(answer['output']);
    this.history.push(...output);
    this.openCalls = output.flatMap((item) =>
      item['type'] === 'function_call' ? [{ callId: text(item['call_id']), name: text(item['name']) }] : [],
    );
  }
}

class ChatClient extends Client {
  readonly dialect: DialectId = 'openai-chat';

  get body(): JsonObject {
    const called = { name: 'read', description: 'Reads a file.', parameters: PARAMETERS };
    return {
      model: 'auto',
      reasoning_effort: 'medium',
      max_tokens: 4096,
      messages: [{ role: 'system', content: SYSTEM }, ...this.history],
      tools: [{ type: 'function', function: called }],
    };
  }

  say(said: string): void {
    this.history.push({ role: 'user', content: said });
  }

  giveResults(results: readonly string[]): void {
    for (const [index, { callId }] of this.openCalls.entries()) {
      this.history.push({ role: 'tool', tool_call_id: callId, content: results[index] ?? '' });
    }
  }

  receive(answer: JsonObject): void {
    const [choice] = objects(answer['choices']);
    const { reasoning: _, reasoning_content: __, ...rest } = objectOf(choice?.['message']) ?? {};
    const message = this.habits.dropsThoughts ? rest : (objectOf(choice?.['message']) ?? {});
    const { content } = message;
    this.history.push(
      this.habits.trimsText && typeof content === 'string'
        ? { ...message, content: content.trim() }
        : message,
    );
    this.openCalls = objects(message['tool_calls']).map((call) => ({
      callId: text(call['id']),
      name: text(objectOf(call['function'])?.['name']),
    }));
  }
}

class GoogleClient extends Client {
  readonly dialect = 'google-generate';
  override readonly path = '/v1beta/models/auto:generateContent';

  get body(): JsonObject {
    return {
      systemInstruction: { parts: [{ text: SYSTEM }] },
      contents: [...this.history],
      generationConfig: { maxOutputTokens: 4096, thinkingConfig: { includeThoughts: true } },
      tools: [
        {
          functionDeclarations: [
            { name: 'read', description: 'Reads a file.', parametersJsonSchema: PARAMETERS },
          ],
        },
      ],
    };
  }

  say(said: string): void {
    this.history.push({ role: 'user', parts: [{ text: said }] });
  }

  giveResults(results: readonly string[]): void {
    const parts = this.openCalls.map(({ callId, name }, index) => ({
      functionResponse: {
        ...(callId === '' ? {} : { id: callId }),
        name,
        response: { output: results[index] ?? '' },
      },
    }));
    this.history.push({ role: 'user', parts });
  }

  receive(answer: JsonObject): void {
    const [candidate] = objects(answer['candidates']);
    const parts = objects(objectOf(candidate?.['content'])?.['parts']);
    const kept = this.habits.dropsThoughts ? parts.filter((part) => part['thought'] !== true) : parts;
    this.history.push({ role: 'model', parts: kept });
    this.openCalls = parts.flatMap((part) => {
      const call = objectOf(part['functionCall']);
      return call === undefined ? [] : [{ callId: text(call['id']), name: text(call['name']) }];
    });
  }
}

/** Sends back its calls with the ids that they came with, as Ollama's SDK does with the whole message. */
class OllamaClient extends Client {
  readonly dialect = 'ollama-chat';
  override readonly path = '/api/chat';

  get body(): JsonObject {
    const called = { name: 'read', description: 'Reads a file.', parameters: PARAMETERS };
    return {
      model: 'auto',
      stream: false,
      think: true,
      messages: [{ role: 'system', content: SYSTEM }, ...this.history],
      tools: [{ type: 'function', function: called }],
    };
  }

  say(said: string): void {
    this.history.push({ role: 'user', content: said });
  }

  giveResults(results: readonly string[]): void {
    for (const [index, { name }] of this.openCalls.entries()) {
      this.history.push({ role: 'tool', tool_name: name, content: results[index] ?? '' });
    }
  }

  receive(answer: JsonObject): void {
    const { thinking: _, ...rest } = objectOf(answer['message']) ?? {};
    const message = this.habits.dropsThoughts ? rest : (objectOf(answer['message']) ?? {});
    this.history.push(message);
    this.openCalls = objects(message['tool_calls']).map((call) => ({
      callId: text(call['id']),
      name: text(objectOf(call['function'])?.['name']),
    }));
  }
}

export const CLIENT_DIALECTS = [
  'anthropic-messages',
  'openai-responses',
  'openai-chat',
  'google-generate',
  'ollama-chat',
] as const;

export type ClientDialectId = (typeof CLIENT_DIALECTS)[number];

export function createClient(dialect: ClientDialectId, habits: Habits): EchoClient {
  switch (dialect) {
    case 'anthropic-messages':
      return new AnthropicClient(habits);
    case 'openai-responses':
      return new ResponsesClient(habits);
    case 'openai-chat':
      return new ChatClient(habits);
    case 'google-generate':
      return new GoogleClient(habits);
    default:
      return new OllamaClient(habits);
  }
}

function objects(value: unknown): readonly JsonObject[] {
  return arrayOf(value).filter(isJsonObject);
}

function text(value: unknown): string {
  return stringOf(value) ?? '';
}
