import assert from 'node:assert/strict';

import { createStreamDecoder } from '../../../../../daemon/dialects/anthropic-messages/stream-decoder.ts';
import { TOOL_NAMES } from '../../../../../daemon/dialects/anthropic-messages/tool-names.ts';
import {
  block,
  brief,
  decoded,
  framesOf,
  MESSAGE_STOP,
  messageDelta,
  messageStart,
  textBlock,
  type Wire,
} from './answer-support.ts';

const HI = ['start msg_1 claude', 'text-start text-0', 'text-delta text-0 hi', 'text-end text-0'];
const STOP = ['choice-end 0 stop "end_turn"', 'end'];
const END: readonly Wire[] = [messageDelta('end_turn'), MESSAGE_STOP];

/** What the stream says between its start and its end. */
function content(...parts: readonly Wire[]): readonly string[] {
  return brief(decoded(messageStart(), ...parts, ...END)).slice(1, -2);
}

describe('anthropic-messages stream-decoder', () => {
  it('reads a stream from message_start to message_stop', () => {
    const ping: Wire = { type: 'ping' };
    const events = decoded(messageStart(), ping, ...textBlock(0, 'h', 'i'), ...END);
    assert.deepEqual(brief(events), [
      'start msg_1 claude',
      'text-start text-0',
      'text-delta text-0 h',
      'text-delta text-0 i',
      'text-end text-0',
      ...STOP,
    ]);
  });

  it('ends the answer at message_stop, before the connection closes', () => {
    const decoder = createStreamDecoder();
    const events = framesOf(messageStart(), ...textBlock(0, 'hi'), ...END).map((frame) =>
      decoder.push(frame),
    );
    assert.deepEqual(brief(events.at(-1) ?? []), STOP);
    assert.deepEqual(decoder.end(), []);
  });

  it('fails a stream without message_stop, however cleanly it was closed', () => {
    const failed = 'failed interrupted -: the stream ended before the answer did';
    assert.deepEqual(brief(decoded(messageStart(), ...textBlock(0, 'hi'), messageDelta('end_turn'))), [
      ...HI,
      failed,
    ]);
    assert.deepEqual(brief(decoded(': ping\n\n', 'data: [DONE]\n\n')), [failed]);
  });

  it('reads thinking with its signature, the last one if there are several', () => {
    const thinking = block(
      0,
      { type: 'thinking', thinking: '', signature: '' },
      { type: 'thinking_delta', thinking: 'hm' },
      { type: 'signature_delta', signature: 'first' },
      { type: 'signature_delta', signature: 'last' },
      { type: 'signature_delta', signature: '' },
    );
    assert.deepEqual(content(...thinking), [
      'reasoning-start reasoning-0',
      'reasoning-delta reasoning-0 hm',
      'reasoning-end reasoning-0 thinking-signature last',
    ]);
  });

  it('reads thinking without a signature, and signatures without thinking', () => {
    assert.deepEqual(content(...block(0, { type: 'thinking', thinking: 'hm' })).slice(1), [
      'reasoning-delta reasoning-0 hm',
      'reasoning-end reasoning-0',
    ]);
    const omitted = block(0, { type: 'thinking', thinking: '', signature: 'abc' });
    assert.deepEqual(content(...omitted).slice(1), ['reasoning-end reasoning-0 thinking-signature abc']);
  });

  it('reads redacted thinking as a thought that is only a seal', () => {
    assert.deepEqual(content(...block(0, { type: 'redacted_thinking', data: 'xyz' })), [
      'reasoning-start reasoning-0',
      'reasoning-end reasoning-0 redacted-thinking xyz',
    ]);
  });

  it('reads tool calls with their input as it was written', () => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} };
    const deltas = ['', '{"n": 9007199', '254740993}'].map((partial_json) => ({
      type: 'input_json_delta',
      partial_json,
    }));
    assert.deepEqual(content(...block(0, call, ...deltas)), [
      'tool-input-start tool-0 toolu_1 f',
      'tool-input-delta tool-0 {"n": 9007199',
      'tool-input-delta tool-0 254740993}',
      'tool-input-end tool-0',
    ]);
  });

  it('gives a call without arguments the empty object as its input', () => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} };
    const empty = { type: 'input_json_delta', partial_json: '' };
    assert.deepEqual(content(...block(0, call, empty)).slice(1, 2), ['tool-input-delta tool-0 {}']);
  });

  it('takes input from the start of a call when no delta brings any', () => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: [1] } };
    assert.deepEqual(content(...block(0, call)).slice(1, 2), ['tool-input-delta tool-0 {"a":[1]}']);
  });

  it('gives tools the names back that they had before they were fitted', () => {
    const call = { type: 'tool_use', id: 'toolu_1', name: TOOL_NAMES.fit('a.b:c'), input: {} };
    assert.equal(content(...block(0, call))[0], 'tool-input-start tool-0 toolu_1 a.b:c');
  });

  it('keeps blocks apart that are open side by side', () => {
    const open = (index: number, id: string): Wire => ({
      type: 'content_block_start',
      index,
      content_block: { type: 'tool_use', id, name: 'f', input: {} },
    });
    const input = (index: number, partial_json: string): Wire => ({
      type: 'content_block_delta',
      index,
      delta: { type: 'input_json_delta', partial_json },
    });
    const events = content(open(0, 'a'), open(1, 'b'), input(0, '1'), input(1, '2'), input(0, '3'));
    assert.deepEqual(events.slice(2), [
      'tool-input-delta tool-0 1',
      'tool-input-delta tool-1 2',
      'tool-input-delta tool-0 3',
      'tool-input-end tool-0',
      'tool-input-end tool-1',
    ]);
  });

  it('names server tools, their results and citations by their types', () => {
    const search = { type: 'server_tool_use', id: 's', name: 'web_search', input: {} };
    const query = { type: 'input_json_delta', partial_json: '{"query":"x"}' };
    const citation = { type: 'citations_delta', citation: { type: 'web_search_result_location', url: 'u' } };
    const events = content(
      ...block(0, search, query),
      ...block(1, { type: 'web_search_tool_result', tool_use_id: 's', content: [] }),
      ...block(2, { type: 'text', text: '', citations: [] }, citation, { type: 'text_delta', text: 'a' }),
    );
    assert.deepEqual(events, [
      'other server_tool_use',
      'other server_tool_use',
      'other web_search_tool_result',
      'text-start text-2',
      'other citations',
      'text-delta text-2 a',
      'text-end text-2',
    ]);
  });

  it('names event and delta types that it does not know', () => {
    const events = content(
      { type: 'brand_new_event', a: 1 },
      ...block(0, { type: 'text', text: '' }, { type: 'brand_new_delta', b: 2 }),
    );
    assert.deepEqual(events, [
      'other brand_new_event',
      'text-start text-0',
      'other brand_new_delta',
      'text-end text-0',
    ]);
  });

  it('[A3] reports usage as it comes, the last word on each field', () => {
    const start = messageStart({ usage: { input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 1 } });
    const stop = messageDelta('end_turn', { usage: { input_tokens: 12, output_tokens: 8 } });
    const usages = brief(decoded(start, stop, MESSAGE_STOP)).filter((line) => line.startsWith('usage'));
    assert.deepEqual(usages, ['usage 15+1', 'usage 17+8']);
  });

  it('shows the explanation of a refusal', () => {
    const stop: Wire = {
      type: 'message_delta',
      delta: { stop_reason: 'refusal', stop_details: { type: 'refusal', explanation: 'not that' } },
    };
    assert.deepEqual(brief(decoded(messageStart(), stop, MESSAGE_STOP)).slice(1), [
      'refusal-delta refusal not that',
      'choice-end 0 refusal "refusal"',
      'end',
    ]);
  });

  it('reads an answer that comes whole in its message_start', () => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } };
    const whole = messageStart({ content: [call], stop_reason: 'tool_use' });
    assert.deepEqual(brief(decoded(whole, MESSAGE_STOP)).slice(1), [
      'tool-input-start tool-0 toolu_1 f',
      'tool-input-delta tool-0 {"a":1}',
      'tool-input-end tool-0',
      'choice-end 0 tool-calls "tool_use"',
      'end',
    ]);
  });

  it('assumes the reason when none was given', () => {
    assert.deepEqual(brief(decoded(messageStart(), MESSAGE_STOP)).slice(1), ['choice-end 0 stop ""', 'end']);
    const call = block(0, { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} });
    const events = brief(decoded(messageStart(), ...call, MESSAGE_STOP));
    assert.equal(events.at(-2), 'choice-end 0 tool-calls ""');
  });

  it('closes blocks that a gateway left open', () => {
    const [open, delta] = textBlock(0, 'hi');
    assert.ok(open !== undefined && delta !== undefined);
    assert.deepEqual(brief(decoded(messageStart(), open, delta, ...END)), [...HI, ...STOP]);
    assert.deepEqual(content(open, open), [
      'text-start text-0',
      'text-end text-0',
      'text-start text-1',
      'text-end text-1',
    ]);
  });

  it('starts an answer that a gateway began with its content', () => {
    assert.deepEqual(brief(decoded(...textBlock(0, 'hi'), ...END)).slice(0, 2), [
      'start  ',
      'text-start text-0',
    ]);
  });

  it('takes a message that is announced twice for one', () => {
    const expected = [...HI, ...STOP];
    assert.deepEqual(brief(decoded(messageStart(), messageStart(), ...textBlock(0, 'hi'), ...END)), expected);
    const other = messageStart({ id: 'msg_2' });
    assert.deepEqual(brief(decoded(messageStart(), other, ...textBlock(0, 'hi'), ...END)), expected);
    const late = [messageStart(), ...textBlock(0, 'hi'), messageStart(), ...END];
    assert.deepEqual(brief(decoded(...late)), expected);
  });

  it('fails a stream into which a second answer was spliced', () => {
    const events = decoded(
      messageStart(),
      ...textBlock(0, 'hi'),
      messageStart({ id: 'msg_2' }),
      ...textBlock(0, 'ho'),
      ...END,
    );
    assert.deepEqual(brief(events).slice(0, -1), HI);
    assert.match(brief(events).at(-1) ?? '', /^failed interrupted -: another message began/);
  });

  it('does not read a message behind the first one', () => {
    const events = decoded(
      messageStart(),
      ...textBlock(0, 'hi'),
      ...END,
      messageStart({ id: 'msg_2' }),
      ...textBlock(0, 'ho'),
      ...END,
    );
    assert.deepEqual(brief(events), [...HI, ...STOP]);
  });

  it('fails with the kind that an error event names', () => {
    const error: Wire = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    const events = decoded(messageStart(), ...textBlock(0, 'hi'), error, ...END);
    assert.deepEqual(brief(events), [...HI, 'failed overloaded 529: Overloaded']);
  });

  it('fails with the error of a gateway that names no type', () => {
    const events = decoded(messageStart(), 'data: {"error":{"type":"api_error","message":"broken"}}\n\n');
    assert.equal(brief(events).at(-1), 'failed server-error 500: broken');
  });

  it('fails a stream that is not JSON, and one that holds no answer', () => {
    assert.deepEqual(brief(decoded('data: <html>\n\n')), ['failed invalid-response -: an event is not JSON']);
    assert.deepEqual(brief(decoded(MESSAGE_STOP)), ['failed invalid-response -: the stream held no answer']);
  });

  it('goes by the name of the event when its data has no type', () => {
    const events = decoded(
      'event: message_start\ndata: {"message":{"id":"msg_1","model":"claude"}}\n\n',
      'event: message_stop\ndata: {}\n\n',
    );
    assert.deepEqual(brief(events), ['start msg_1 claude', 'choice-end 0 stop ""', 'end']);
  });
});
