// passthrough.ts and pass-signatures.ts: what may change in a client's own bytes.

import assert from 'node:assert/strict';

import type { SignedHistory } from '../../../../../daemon/conversation/seal.ts';
import type { EncodeTarget } from '../../../../../daemon/dialects/dialect.ts';
import { sealEnvelope } from '../../../../../daemon/dialects/envelope.ts';
import {
  createFrameFilter,
  passRequest,
} from '../../../../../daemon/dialects/google-generate/passthrough.ts';
import { createStreamDecoder } from '../../../../../daemon/dialects/google-generate/stream-decoder.ts';
import { Losses } from '../../../../../daemon/dialects/losses.ts';
import { chunk, framesOf, requestOfText, TARGET } from './google-support.ts';

const CONTENTS = '"contents" : [ {"parts":[{"text":"\\u00e9"}]} ]';

function passed(text: string, target: EncodeTarget = TARGET): string {
  return passRequest(requestOfText(text), target, new Losses()).toString();
}

function warned(text: string, target: EncodeTarget = TARGET): readonly string[] {
  const losses = new Losses();
  passRequest(requestOfText(text), target, losses);
  return losses.list();
}

const modelParts = (...parts: readonly string[]) =>
  `{"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[${parts.join(',')}]},{"role":"user","parts":[{"text":"b"}]}]}`;
const envelope = (kind: 'encrypted-reasoning' | 'unsealed' | 'thought-signature', maker = 'p/m') =>
  sealEnvelope({ kind, value: kind === 'unsealed' ? '' : 'E' }, maker);
const SKIP = '"thoughtSignature":"skip_thought_signature_validator"';

describe('google-generate passthrough of requests', () => {
  it('gives back the very bytes when nothing has to change', () => {
    const request = requestOfText(`{ "x":1e400, ${CONTENTS} , "generationConfig":{"maxOutputTokens":100} }`);
    assert.equal(passRequest(request, TARGET, new Losses()), request.body.bytes);
  });

  it('names the model where the client named one beside the path', () => {
    assert.equal(
      passed(`{"model":"models/auto",${CONTENTS}}`),
      `{"model":"models/gemini-3.8-flash",${CONTENTS}}`,
    );
  });

  it('[B2] lowers the output limit in both spellings, and only when it is above the model', () => {
    assert.equal(
      passed(`{${CONTENTS},"generationConfig":{ "topK":1.0, "maxOutputTokens" : 101 }}`),
      `{${CONTENTS},"generationConfig":{ "topK":1.0, "maxOutputTokens" : 100 }}`,
    );
    assert.equal(
      passed(`{${CONTENTS},"generation_config":{"max_output_tokens":1e3}}`),
      `{${CONTENTS},"generation_config":{"max_output_tokens":100}}`,
    );
  });

  it('[A5] takes out settings that the model refuses, with a word', () => {
    const text = `{${CONTENTS},"generationConfig":{"temperature":1,"topP":1,"thinkingConfig":{"thinkingLevel":"LOW"}}}`;
    const target = {
      ...TARGET,
      traits: { refuses: ['temperature'], refusesWhileThinking: ['topP'] },
    } as const;
    assert.equal(
      passed(text, target),
      `{${CONTENTS},"generationConfig":{"thinkingConfig":{"thinkingLevel":"LOW"}}}`,
    );
    assert.deepEqual(warned(text, target), [
      'temperature is refused by the chosen model and was left out',
      'topP is refused by the chosen model and was left out',
    ]);
  });

  it('[A5] fits the wish to think to the chosen model', () => {
    const text = (config: string) => `{${CONTENTS},"generationConfig":{"thinkingConfig":${config}}}`;
    const old = { ...TARGET, upstreamModel: 'gemini-2.5-flash' };
    const pro = { ...TARGET, traits: { efforts: ['low', 'high'] } } as const;
    assert.equal(
      passed(text('{"thinkingLevel":"HIGH","includeThoughts":true}'), old),
      text('{"thinkingBudget":24576,"includeThoughts":true}'),
    );
    assert.equal(passed(text('{"thinkingLevel":"minimal"}'), pro), text('{"thinkingLevel":"LOW"}'));
    assert.equal(passed(text('{ "thinkingLevel":"LOW" }'), pro), text('{ "thinkingLevel":"LOW" }'));
    assert.equal(passed(text('{ "thinkingBudget":7 }'), old), text('{ "thinkingBudget":7 }'));
    assert.equal(
      passed(text('{"thinkingBudget":7}'), { ...TARGET, traits: { efforts: [] } }),
      `{${CONTENTS},"generationConfig":{}}`,
    );
    assert.deepEqual(warned(text('{"thinkingLevel":"minimal"}'), pro), [
      'thinkingConfig was fitted to what the chosen model takes',
    ]);
  });

  it('[B5] leaves own signatures and stand-ins where they are', () => {
    const text = modelParts(
      '{"text":"hm","thought":true}',
      '{"functionCall":{"name":"f"},"thoughtSignature":"SIG"}',
      `{"functionCall":{"name":"g"},${SKIP}}`,
    );
    assert.equal(passed(text), text);
  });

  it('[B5] takes foreign thoughts out and marks the calls of other models', () => {
    const text = modelParts(
      '{"text":"hm","thought":true}',
      `{"functionCall":{"name":"f","args":{"a" : 1.0}},"thoughtSignature":"${envelope('encrypted-reasoning')}"}`,
      '{"text":"kept"}',
      `{"text":"","thought_signature":"${envelope('encrypted-reasoning')}"}`,
      `{"text":"said","thoughtSignature":"${envelope('unsealed')}"}`,
    );
    assert.equal(
      passed(text),
      modelParts(
        `{"functionCall":{"name":"f","args":{"a" : 1.0}},${SKIP}}`,
        '{"text":"kept"}',
        '{"text":"said"}',
      ),
    );
    assert.deepEqual(warned(text), ['thoughts of another model were left out']);
  });

  it('[B5] takes out a foreign thought that an SDK kept in contents of its own, and the contents with it', () => {
    const contents = (...entries: readonly string[]) =>
      `{"contents":[{"parts":[{"text":"a"}]},${entries.map((parts) => `{"role":"model","parts":[${parts}]}`).join(',')}]}`;
    assert.equal(
      passed(
        contents(
          '{"text":"hm","thought":true}',
          `{"text":"Hel","thoughtSignature":"${envelope('encrypted-reasoning')}"}`,
          '{"text":"lo"}',
        ),
      ),
      contents('{"text":"Hel"}', '{"text":"lo"}'),
    );
  });

  it('[B5] gives the target its own signature back that came in an envelope, and no envelope ever', () => {
    const history: SignedHistory = { maker: 'g/m', owns: (seal) => seal.maker === 'g/m', recall: () => [] };
    const target = { ...TARGET, history };
    const text = modelParts(
      `{"functionCall":{"name":"f"},"thoughtSignature":"${envelope('thought-signature', 'g/m')}"}`,
    );
    assert.equal(passed(text, target), modelParts('{"functionCall":{"name":"f"},"thoughtSignature":"E"}'));
    const broken = modelParts('{"functionCall":{"name":"f"},"thoughtSignature":"cG9pbnRzbWFuLjEubroken"}');
    assert.equal(passed(broken), modelParts(`{"functionCall":{"name":"f"},${SKIP}}`));
  });

  it('[B5] takes out native signatures that the target did not make', () => {
    const history: SignedHistory = { maker: 'g/m', owns: () => false, recall: () => [] };
    const text = modelParts('{"functionCall":{"name":"f"},"thoughtSignature":"SIG"}');
    const old = { ...TARGET, upstreamModel: 'gemini-2.5-flash', history };
    assert.equal(passed(text, { ...TARGET, history }), modelParts(`{"functionCall":{"name":"f"},${SKIP}}`));
    assert.equal(passed(text, old), modelParts('{"functionCall":{"name":"f"}}'));
  });
});

describe('google-generate passthrough of streams', () => {
  const STREAM = [
    chunk([{ text: 'a' }]),
    chunk([{ text: 'b' }], 'STOP'),
    { usageMetadata: { promptTokenCount: 1 } },
  ];

  function through(holdLast: boolean, metadata?: { a: number }): string[] {
    const decoder = createStreamDecoder();
    const filter = createFrameFilter({ stripUsage: true, holdLast });
    const passedOn = framesOf(...STREAM).map((frame) =>
      Buffer.concat([...filter.push(frame, decoder.push(frame))]).toString(),
    );
    return [...passedOn, Buffer.concat([...filter.end(metadata)]).toString()];
  }

  it('lets every byte through at once, usage too', () => {
    const raw = framesOf(...STREAM).map((frame) => frame.raw.toString());
    assert.deepEqual(through(false), [...raw, '']);
  });

  it('holds the end back when metadata is to come, and puts it into the last chunk', () => {
    const [first = '', second = '', third = ''] = framesOf(...STREAM).map((frame) => frame.raw.toString());
    assert.deepEqual(through(true), [first, '', '', second + third]);
    assert.equal(through(true, { a: 1 })[3], second + third.replace('}}', '},"_pointsman":{"a":1}}'));
  });
});
