import assert from 'node:assert/strict';
import {
  collectFromBody,
  createOutputCollector,
} from '../../../../../daemon/dialects/openai-responses/output-collector.ts';

const MESSAGE =
  '{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"output_text","text":"hi"}]}';
const CALL =
  '{"id":"fc_1","type":"function_call","call_id":"c","name":"f","arguments":"{\\"n\\":1e400}","big":9007199254740993}';

function frame(type: string, members: string): string {
  return `event: ${type}\ndata: {"type":"${type}",${members}}\n\n`;
}

function final(items: readonly string[], type = 'response.completed'): string {
  return frame(type, `"response":{"id":"resp_1","output":[${items.join(',')}],"usage":null}`);
}

function collect(...writes: readonly (Buffer | string)[]): { id: string; items: string[] } | undefined {
  const collector = createOutputCollector();
  for (const written of writes) collector.push(written);
  const answer = collector.answer();
  return answer && { id: answer.responseId, items: answer.items.map(String) };
}

describe('dialects/openai-responses/output-collector', () => {
  it('takes id and items from the last event, byte for byte', () => {
    const delta = frame('response.output_text.delta', '"delta":"hi"');
    assert.deepEqual(collect(delta + delta, Buffer.from(final([MESSAGE, CALL]))), {
      id: 'resp_1',
      items: [MESSAGE, CALL],
    });
  });

  it('takes the items as they were finished when the last event lists none', () => {
    const done = frame('response.output_item.done', `"output_index":0,"item":${CALL}`);
    assert.deepEqual(collect(done, final([])), { id: 'resp_1', items: [CALL] });
  });

  it('names the items, also a thought that is only a pointer to what the provider stored', () => {
    const collector = createOutputCollector();
    collector.push(final(['{"id":"rs_1","type":"reasoning","summary":[]}', MESSAGE]));
    const byId = [...(collector.answer()?.byId ?? [])].map(([id, item]) => [id, item && String(item)]);
    assert.deepEqual(byId, [
      ['rs_1', null],
      ['msg_1', MESSAGE],
    ]);
  });

  it('can go on from an answer that was cut at a limit', () => {
    assert.deepEqual(collect(final([MESSAGE], 'response.incomplete'))?.items, [MESSAGE]);
  });

  it('has nothing of an answer that is not complete or failed', () => {
    const done = frame('response.output_item.done', `"item":${MESSAGE}`);
    assert.equal(collect(done), undefined);
    assert.equal(collect(done, final([MESSAGE], 'response.failed')), undefined);
  });

  it('is not misled by a text that quotes an event', () => {
    const quoted = frame('response.output_text.delta', `"delta":${JSON.stringify(final([CALL]))}`);
    assert.equal(collect(quoted), undefined);
    assert.deepEqual(collect(quoted, final([MESSAGE]))?.items, [MESSAGE]);
  });

  it('reads a last event that lacks its blank line', () => {
    assert.deepEqual(collect(final([MESSAGE]).trimEnd())?.items, [MESSAGE]);
  });

  it('survives events of a strange form', () => {
    for (const members of [
      '"response":null',
      '"response":[]',
      '"response":{"id":7}',
      '"response":{"id":"r","output":{}}',
    ]) {
      assert.deepEqual(collect(frame('response.completed', members))?.items ?? [], []);
    }
    assert.equal(collect('data: {"type":"response.completed","response":{"id":"r"\n\n'), undefined);
  });

  it('leaves out a thought that only its provider can look up, and keeps one that can be sent again', () => {
    const pointer = '{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"so"}]}';
    const sealed = '{"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"abc"}';
    const open =
      '{"type":"reasoning","id":"rs_3","summary":[],"content":[{"type":"reasoning_text","text":"so"}]}';
    assert.deepEqual(collect(final([pointer, sealed, open, MESSAGE]))?.items, [sealed, open, MESSAGE]);
  });

  describe('of a plain answer', () => {
    const body = (status: string): Buffer =>
      Buffer.from(`{"id":"resp_2","status":"${status}","output":[${MESSAGE}]}`);

    it('takes id and items from the body', () => {
      const answer = collectFromBody(body('completed'));
      assert.deepEqual([answer?.responseId, answer?.items.map(String)], ['resp_2', [MESSAGE]]);
    });

    it('has nothing of one that failed, runs on, or is not JSON', () => {
      for (const bytes of [body('failed'), body('queued'), Buffer.from('<html>'), Buffer.alloc(0)]) {
        assert.equal(collectFromBody(bytes), undefined);
      }
    });
  });
});
