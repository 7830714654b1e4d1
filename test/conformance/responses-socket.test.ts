// The three frames that Codex really sent over one WebSocket, through a whole daemon: the ids of its answers are the
// only thing that changes. Runs where the recordings are.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { sse, startFakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon } from '../support/run-daemon.ts';
import { loadClientTraffic, type Json } from './wire-fixtures.ts';

const frames = loadClientTraffic()?.filter(({ name }) => name.startsWith('codex.ws-frame'));

describe('conformance: Codex over a WebSocket', () => {
  it('reaches a provider of another dialect as one conversation, instructions and tools included', async function () {
    if (frames === undefined) this.skip();
    const upstream = await startFakeUpstream();
    const daemon = await runDaemon({ config: configFor([{ id: 'chat', baseUrl: upstream.baseUrl }]) });
    try {
      const [first, second, third] = frames.map(({ file }) => file['body'] as Json);
      assert.ok(first !== undefined && second !== undefined && third !== undefined);
      const callId = ((third['input'] as Json[])[0] ?? {})['call_id'];
      upstream.next(sse(callFrames(String(callId))));
      const headers = Object.fromEntries(
        Object.entries((frames[0]?.file['headers'] ?? {}) as Record<string, string>).filter(
          ([name]) => !/^(?:upgrade|sec-websocket-)/.test(name),
        ),
      );
      const socket = new WebSocket(`${daemon.url.replace('http', 'ws')}/v1/responses`, {
        headers: { ...headers, authorization: `Bearer ${daemon.token}` },
      });
      await once(socket, 'open');
      let previousId = await answer(socket, first);
      previousId = await answer(socket, { ...second, previous_response_id: previousId });
      await answer(socket, { ...third, previous_response_id: previousId });
      socket.terminate();

      const seen = upstream.requests[1]?.json ?? {};
      const roles = (seen['messages'] as Json[]).map(({ role }) => role);
      assert.ok(roles[0] === 'system' || roles[0] === 'developer', String(roles[0]));
      assert.deepEqual(roles.slice(-3), ['user', 'assistant', 'tool']);
      const sent = JSON.stringify(seen['messages']);
      for (const text of [first, second, third].flatMap(textsOf)) {
        assert.ok(sent.includes(JSON.stringify(text).slice(1, -1)), text.slice(0, 60));
      }
      const toolNames = JSON.stringify(seen['tools']);
      for (const { type, name } of first['tools'] as Json[]) {
        if (type === 'function') assert.ok(toolNames.includes(`"${String(name)}"`), String(name));
      }
      const records = await daemon.waitForExchanges(2);
      assert.deepEqual(
        records.map(({ status, client }) => [status, client]),
        [
          ['ok', 'codex'],
          ['ok', 'codex'],
        ],
      );
    } finally {
      await daemon.stop();
      await upstream.close();
    }
  });
});

/** Sends a frame and gives back the id of its answer. */
async function answer(socket: WebSocket, frame: Json): Promise<string> {
  const done = new Promise<string>((resolve, reject) => {
    const onFrame = (data: Buffer): void => {
      const event = JSON.parse(data.toString()) as Json;
      if (event['type'] === 'error') reject(new Error(data.toString()));
      if (event['type'] !== 'response.completed') return;
      socket.off('message', onFrame);
      resolve(String((event['response'] as Json)['id']));
    };
    socket.on('message', onFrame);
  });
  socket.send(JSON.stringify(frame));
  return await done;
}

/** A tool call as chat completions stream it; synthetic. */
function callFrames(callId: string): string[] {
  const chunk = (choice: Json): string =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [choice] })}\n\n`;
  const call = {
    index: 0,
    id: callId,
    type: 'function',
    function: { name: 'exec_command', arguments: '{"cmd":"ls"}' },
  };
  return [
    chunk({ index: 0, delta: { role: 'assistant', tool_calls: [call] }, finish_reason: null }),
    chunk({ index: 0, delta: {}, finish_reason: 'tool_calls' }),
    'data: [DONE]\n\n',
  ];
}

function textsOf(frame: Json): string[] {
  return (frame['input'] as Json[]).flatMap((item) => {
    if (typeof item['output'] === 'string') return [item['output']];
    return ((item['content'] ?? []) as Json[]).flatMap(({ text }) =>
      typeof text === 'string' ? [text] : [],
    );
  });
}
