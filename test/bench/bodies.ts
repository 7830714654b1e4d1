// The requests of the bench: a small chat, the same streamed, and a coding agent's request of about 200 kB.

const prose = 'The quick brown fox explains why the cache must be warm before the gate opens. ';

function chat(messages: readonly unknown[], extra: object): Buffer {
  return Buffer.from(JSON.stringify({ model: 'auto', messages, ...extra }));
}

const ask = { role: 'user', content: 'Explain in two sentences what a write-ahead log is good for.' };

export const smallChat = chat(
  [{ role: 'system', content: 'You are a helpful assistant. '.repeat(4) }, ask],
  {},
);

export const smallStream = chat([ask], { stream: true, stream_options: { include_usage: true } });

const tools = Array.from({ length: 30 }, (_, index) => ({
  type: 'function',
  function: {
    name: `tool_${index}`,
    description: prose.repeat(12),
    parameters: { type: 'object', properties: { path: { type: 'string', description: prose.repeat(4) } } },
  },
}));

const history = Array.from({ length: 30 }, (_, index) => [
  {
    role: 'assistant',
    content: null,
    tool_calls: [
      {
        id: `call_${index}`,
        type: 'function',
        function: { name: 'tool_1', arguments: '{"path":"src/a.ts"}' },
      },
    ],
  },
  { role: 'tool', tool_call_id: `call_${index}`, content: `${prose.repeat(56)}\n` },
]).flat();

/** 62 messages and 30 tools. */
export const agentRequest = chat([{ role: 'system', content: prose.repeat(200) }, ask, ...history], {
  tools,
});
