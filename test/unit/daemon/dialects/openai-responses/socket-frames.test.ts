import assert from 'node:assert/strict';
import {
  errorFrame,
  eventFrames,
  readClientFrame,
} from '../../../../../daemon/dialects/openai-responses/socket-frames.ts';

function read(frame: unknown): ReturnType<typeof readClientFrame> {
  return readClientFrame(Buffer.from(typeof frame === 'string' ? frame : JSON.stringify(frame)));
}

function bodyOf(frame: unknown): string {
  const read_ = read(frame);
  assert.equal(read_.kind, 'create');
  return read_.kind === 'create' ? read_.body.toString() : '';
}

describe('dialects/openai-responses/socket-frames', () => {
  describe('a frame that asks for a response', () => {
    it('becomes the body of a streamed request, its other bytes unchanged', () => {
      const frame = '{"type":"response.create", "model":"gpt", "input":[{"n":1e400}], "tools":[]}';
      assert.equal(bodyOf(frame), '{"model":"gpt", "input":[{"n":1e400}], "tools":[],"stream":true}');
    });

    it('is streamed whatever it says itself', () => {
      assert.equal(bodyOf({ type: 'response.create', stream: false }), '{"stream":true}');
    });

    it('may be a warm-up', () => {
      const frame = read({ type: 'response.create', generate: false, model: 'm' });
      assert.ok(frame.kind === 'create' && frame.isWarmUp);
      assert.equal(frame.body.toString(), '{"model":"m","stream":true}');
    });

    for (const generate of [true, null, undefined]) {
      it(`is no warm-up with generate ${String(generate)}`, () => {
        const frame = read({ type: 'response.create', generate });
        assert.ok(frame.kind === 'create' && !frame.isWarmUp);
      });
    }

    it('may name the stream that it belongs to', () => {
      const frame = read({ type: 'response.create', stream_id: 'left' });
      assert.ok(frame.kind === 'create');
      assert.deepEqual([frame.streamId, frame.body.toString()], ['left', '{"stream":true}']);
    });
  });

  it('takes the note that an answer was processed without a word', () => {
    assert.deepEqual(read({ type: 'response.processed', response_id: 'resp_1' }), { kind: 'notice' });
  });

  for (const [name, frame, param] of [
    ['that is not JSON', 'hello', undefined],
    ['that is empty', '', undefined],
    ['that is no object', '[1]', undefined],
    ['without a type', {}, 'type'],
    ['of an unknown type', { type: 'response.steer' }, 'type'],
    ['whose type is no text', { type: 1 }, 'type'],
    ['that asks for work in the background', { type: 'response.create', background: true }, 'background'],
    ['whose warm-up mark is no truth value', { type: 'response.create', generate: 'no' }, 'generate'],
    ['whose stream has no name', { type: 'response.create', stream_id: '' }, 'stream_id'],
    ['whose stream is no text', { type: 'response.create', stream_id: 5 }, 'stream_id'],
  ] as const) {
    it(`refuses one ${name}`, () => {
      const refused = read(frame);
      assert.ok(refused.kind === 'refused');
      assert.deepEqual([refused.error.statusCode, refused.error.param], [400, param]);
    });
  }

  it('refuses in the stream that was named', () => {
    const refused = read({ type: 'nonsense', stream_id: 'left' });
    assert.equal(refused.kind === 'refused' && refused.streamId, 'left');
  });

  describe('frames of an answer', () => {
    it('are the data of its events, unchanged', () => {
      const text = 'event: a\ndata: {"type":"a","n":1e400}\n\nevent: b\ndata: {"type":"b"}\n\n';
      assert.deepEqual(eventFrames(text, undefined), ['{"type":"a","n":1e400}', '{"type":"b"}']);
      assert.deepEqual(eventFrames(Buffer.from(text), undefined).length, 2);
    });

    it('leave out comments and the terminator', () => {
      assert.deepEqual(eventFrames(': ping\n\ndata: {"type":"a"}\n\ndata: [DONE]\n\n', undefined), [
        '{"type":"a"}',
      ]);
    });

    it('carry the name of their stream', () => {
      assert.deepEqual(eventFrames('data: {"type":"a"}\n\n', 'l"r'), ['{"stream_id":"l\\"r","type":"a"}']);
    });
  });

  describe('the frame of an error', () => {
    const body = { error: { type: 'invalid_request_error', code: 'x', message: 'm', param: null } };

    it('has status and error as official clients read them', () => {
      assert.deepEqual(JSON.parse(errorFrame({ statusCode: 400, body, headers: {} }, undefined)), {
        type: 'error',
        status: 400,
        error: body.error,
      });
    });

    it('says how long to wait', () => {
      const frame = errorFrame({ statusCode: 503, body, headers: { 'retry-after': '1' } }, 'left');
      const { headers, stream_id } = JSON.parse(frame) as Record<string, unknown>;
      assert.deepEqual([headers, stream_id], [{ 'retry-after': '1' }, 'left']);
    });
  });
});
