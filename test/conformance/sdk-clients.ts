// Answers as the official SDKs hand them to their users. No network: the SDK is given the bytes as the response.

import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

import { object, readChat, readMessage, readResponse, type Answer, type Choice } from './wire-answers.ts';
import type { Json } from './wire-fixtures.ts';

const STREAM = 'text/event-stream';
const PLAIN = 'application/json';

const answering = (body: string, contentType: string) => ({
  apiKey: 'none',
  maxRetries: 0,
  fetch: () => Promise.resolve(new Response(body, { headers: { 'content-type': contentType } })),
});

function openAi(body: string, contentType: string): OpenAI {
  return new OpenAI({ ...answering(body, contentType), baseURL: 'http://127.0.0.1:9/v1' });
}

function anthropic(body: string, contentType: string): Anthropic {
  return new Anthropic({ ...answering(body, contentType), baseURL: 'http://127.0.0.1:9' });
}

const USER = { role: 'user', content: 'x' } as const;

/** The SDK keeps only the last delta of fields that it does not know, so reasoning is put together from its chunks. */
export async function sdkChatStream(stream: string): Promise<Answer> {
  const chunks: Json[] = [];
  const running = openAi(stream, STREAM).chat.completions.stream({ model: 'm', messages: [USER] });
  running.on('chunk', (chunk) => chunks.push({ ...chunk }));
  const final = readChat([{ ...(await running.finalChatCompletion()) }]);
  const byChunks = readChat(chunks);
  const withReasoning = (index: number, choice: Choice): Choice => ({
    ...choice,
    reasoning: byChunks.choices.get(index)?.reasoning ?? '',
  });
  return {
    ...final,
    choices: new Map([...final.choices].map(([index, choice]) => [index, withReasoning(index, choice)])),
  };
}

export async function sdkChatPlain(body: object): Promise<Answer> {
  const client = openAi(JSON.stringify(body), PLAIN);
  return readChat([{ ...(await client.chat.completions.create({ model: 'm', messages: [USER] })) }]);
}

export async function sdkResponseStream(stream: string): Promise<Answer> {
  const running = openAi(stream, STREAM).responses.stream({ model: 'm', input: 'x' });
  return readResponse({ ...(await running.finalResponse()) });
}

export async function sdkResponsePlain(body: object): Promise<Answer> {
  const client = openAi(JSON.stringify(body), PLAIN);
  return readResponse({ ...(await client.responses.create({ model: 'm', input: 'x' })) });
}

const ASK = { model: 'm', max_tokens: 9, messages: [USER] };

export async function sdkMessageStream(stream: string): Promise<Answer> {
  return readMessage(object(await anthropic(stream, STREAM).messages.stream(ASK).finalMessage()));
}

export async function sdkMessagePlain(body: object): Promise<Answer> {
  return readMessage(object(await anthropic(JSON.stringify(body), PLAIN).messages.create(ASK)));
}
