// Clients that name items of earlier answers by their ids (the AI SDK does so by default), over real HTTP, against a
// provider of another format, which has stored nothing.

import assert from 'node:assert/strict';
import type OpenAI from 'openai';

import { parseJsonObject } from '../../daemon/util/json.ts';
import { chatBody, json, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { configFor, runDaemon, type TestDaemon } from '../support/run-daemon.ts';

type Item = OpenAI.Responses.ResponseInputItem;

const asked = (content: string): Item => ({ type: 'message', role: 'user', content });

describe('items of earlier answers by their ids', () => {
  let upstream: FakeUpstream;
  let daemon: TestDaemon;
  let openai: OpenAI;

  before(async () => {
    upstream = await startFakeUpstream();
    daemon = await runDaemon({ config: configFor([{ id: 'only', baseUrl: upstream.baseUrl }]) });
    openai = daemon.openai();
  });
  after(async () => {
    await daemon.stop();
    await upstream.close();
  });

  async function answerTo(
    input: Item[],
    text: string,
    previous?: string,
  ): Promise<OpenAI.Responses.Response> {
    upstream.next(json(chatBody(text)));
    const body = { model: 'auto', input };
    return openai.responses.create(
      previous === undefined ? body : { ...body, previous_response_id: previous },
    );
  }

  function lastTexts(): unknown {
    const messages = parseJsonObject(upstream.requests.at(-1)?.body.toString() ?? '')?.['messages'];
    return (messages as { content: string }[]).map(({ content }) => content);
  }

  it('[A3] reach a provider of another format as the items themselves', async () => {
    const first = await answerTo([asked('one')], 'two');
    const reference: Item = { type: 'item_reference', id: first.output.at(-1)?.id ?? '' };
    const second = await answerTo([asked('one'), reference, asked('three')], 'four');
    assert.deepEqual(lastTexts(), ['one', 'two', 'three']);
    await answerTo([asked('five')], 'six', second.id);
    assert.deepEqual(lastTexts(), ['one', 'two', 'three', 'four', 'five'], 'remembered with the items');
  });
});
