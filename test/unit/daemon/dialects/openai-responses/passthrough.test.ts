import assert from 'node:assert/strict';

import type { EncodeTarget } from '../../../../../daemon/dialects/dialect.ts';
import { sealEnvelope } from '../../../../../daemon/dialects/envelope.ts';
import { encodeRequest } from '../../../../../daemon/dialects/openai-responses/encode-request.ts';
import { ownerOf, requestOfText, TARGET, warningsOf } from './request-support.ts';

function passed(text: string, target: Partial<EncodeTarget> = {}): string {
  return encodeRequest(requestOfText(text), { ...TARGET, ...target }).body.toString();
}

const warned = (text: string, target: Partial<EncodeTarget>): readonly string[] =>
  warningsOf(requestOfText(text), target);

const reasoning = (encrypted: string): string =>
  `{"type":"reasoning", "id":"rs_1","summary":[],"encrypted_content":${JSON.stringify(encrypted)}}`;

describe('passRequest (openai-responses)', () => {
  it('passes the very same bytes when nothing has to change', () => {
    const text = ' {"model": "up-1","input" :"x", "unknown":{"a":[1.50]} ,"max_output_tokens":1000}\n';
    const request = requestOfText(text);
    assert.equal(encodeRequest(request, TARGET).body, request.body.bytes);
  });

  it('names the target in the place of the model, everywhere it is named', () => {
    assert.equal(passed('{ "model":"auto" , "input":"x" }'), '{ "model":"up-1" , "input":"x" }');
    assert.equal(passed('{"input":"x"}'), '{"input":"x","model":"up-1"}');
    assert.equal(
      passed('{"model":"a","input":"x","model":"up-1"}'),
      '{"model":"up-1","input":"x","model":"up-1"}',
    );
  });

  it('clamps the output limit [B2]', () => {
    assert.equal(
      passed('{"model":"up-1","input":"x","max_output_tokens": 64000}'),
      '{"model":"up-1","input":"x","max_output_tokens": 1000}',
    );
  });

  it('takes out what the model refuses and says so [A5]', () => {
    const text =
      '{"model":"up-1","temperature":1,"input":"x","text":{"format":{"type":"text"},"verbosity":"low"},"top_p":null}';
    const traits = { refuses: ['temperature', 'topP', 'verbosity'] } as const;
    assert.equal(
      passed(text, { traits }),
      '{"model":"up-1","input":"x","text":{"format":{"type":"text"}},"top_p":null}',
    );
    assert.deepEqual(warned(text, { traits }), [
      'temperature is refused by the chosen model and was left out',
      'text.verbosity is refused by the chosen model and was left out',
    ]);
  });

  it('takes out what the model refuses while it thinks, only then [A5]', () => {
    const traits = { refusesWhileThinking: ['temperature'] } as const;
    const text = (effort: string) =>
      `{"model":"up-1","temperature":1,"input":"x","reasoning":{"effort":"${effort}"}}`;
    assert.ok(!passed(text('low'), { traits }).includes('temperature'));
    assert.equal(passed(text('none'), { traits }), text('none'));
  });

  it('maps the effort to one that the model takes, and nothing beside it [A5]', () => {
    const traits = { efforts: ['low', 'high'] } as const;
    const text = '{"model":"up-1","input":"x","reasoning":{ "effort":"xhigh", "context":"auto" }}';
    assert.equal(passed(text, { traits }), text.replace('xhigh', 'high'));
    assert.deepEqual(warned(text, { traits }), ['the reasoning effort xhigh became high']);
  });

  it('tells a model that cannot reason nothing of reasoning [A5]', () => {
    const traits = { efforts: [] };
    const text =
      '{"model":"up-1","reasoning":{"summary":"auto"},"input":"x","include":["a", "reasoning.encrypted_content","b"]}';
    assert.equal(passed(text, { traits }), '{"model":"up-1","input":"x","include":["a","b"]}');
    assert.deepEqual(warned(text, { traits }), ['reasoning is refused by the chosen model and was left out']);
    const calm = '{"model":"up-1","input":"x","reasoning":{"effort":"none"}}';
    assert.equal(passed(calm, { traits }), '{"model":"up-1","input":"x"}');
    assert.deepEqual(warned(calm, { traits }), []);
  });

  it('keeps the thoughts of the target byte for byte [B5]', () => {
    const text = `{"model":"up-1","input":[ ${reasoning('gAAA')} , {"type":"function_call","id":"fc_1","call_id":"c","name":"f","arguments":"{}"}]}`;
    assert.equal(passed(text, { history: ownerOf('gAAA') }), text);
    assert.equal(passed(text), text, 'where nothing is remembered, what the vendor wrote is its own');
  });

  it('cuts the thoughts of another model out, and the ids of the items that came with them [B5]', () => {
    const call = (id: string) => `{"type":"function_call",${id}"call_id":"c","name":"f","arguments":"{}"}`;
    const result = '{"type":"function_call_output","id":"fco_1","call_id":"c","output":"x"}';
    const message = (id: string) => `{ "type":"message",${id} "role":"assistant","content":[]}`;
    const user = '{"role":"user","content":"x", "id":"msg_0"}';
    const text = `{"model":"up-1","input":[${user}, ${reasoning('other')}, ${message('"id":"msg_1",')},${call('"id":"fc_1",')}, ${result},\n${reasoning('gAAA')},${call('"id":"fc_2",')}] }`;
    const kept = passed(text, { history: ownerOf('gAAA') });
    assert.equal(
      kept,
      `{"model":"up-1","input":[${user}, ${message('')},${call('')}, ${result},\n${reasoning('gAAA')},${call('"id":"fc_2",')}] }`,
    );
    assert.deepEqual(warned(text, { history: ownerOf('gAAA') }), ['thoughts of another model were left out']);
    assert.equal(passed(text, { history: ownerOf('gAAA') }), kept, 'the same again');
  });

  it('cuts thoughts out at both ends of the input', () => {
    const user = '{"role":"user","content":"x"}';
    const text = `{"model":"up-1","input":[ ${reasoning('a')}, ${user} , ${reasoning('b')} ]}`;
    assert.equal(passed(text, { history: ownerOf() }), `{"model":"up-1","input":[ ${user} ]}`);
    const alone = `{"model":"up-1","input":[ ${reasoning('a')} ]}`;
    assert.equal(passed(alone, { history: ownerOf() }), '{"model":"up-1","input":[]}');
  });

  it('never lets an envelope through, whole or broken [B5]', () => {
    const whole = sealEnvelope({ kind: 'thinking-signature', value: 's' }, 'claude');
    for (const envelope of [whole, `${whole.slice(0, 20)}!`]) {
      const text = `{"model":"up-1","input":[{"role":"user","content":"x"},${reasoning(envelope)}]}`;
      for (const target of [{}, { history: ownerOf('gAAA') }]) {
        assert.equal(passed(text, target), '{"model":"up-1","input":[{"role":"user","content":"x"}]}');
      }
    }
  });

  it('takes a thought of the target out of its envelope [B5]', () => {
    const seal = { kind: 'encrypted-reasoning', value: 'gAAA', itemId: 'rs_9' } as const;
    const text = `{"model":"up-1","input":[${reasoning(sealEnvelope(seal, 'up'))}]}`;
    const kept = passed(text, { history: ownerOf('gAAA') });
    assert.equal(kept, `{"model":"up-1","input":[${reasoning('gAAA').replace('rs_1', 'rs_9')}]}`);
    assert.deepEqual(warned(text, { history: ownerOf('gAAA') }), []);
  });

  it('leaves thoughts without a proof alone', () => {
    const item =
      '{"type":"reasoning","id":"r","summary":[],"encrypted_content":null,"content":[{"type":"reasoning_text","text":"x"}]}';
    const text = `{"model":"up-1","input":[${item},{"type":"message","id":"m","role":"assistant","content":[]}]}`;
    assert.equal(passed(text, { history: ownerOf() }), text);
  });
});
