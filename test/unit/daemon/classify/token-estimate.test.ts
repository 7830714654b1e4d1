import assert from 'node:assert/strict';

import * as fc from 'fast-check';
import { RunningTokenCount } from '../../../../daemon/classify/running-token-count.ts';
import { estimateRequestTokens, estimateTextTokens } from '../../../../daemon/classify/token-estimate.ts';
import { neutralRequest } from './neutral-request.ts';

/** Counted once with the o200k tokenizer. */
const COUNTED: readonly (readonly [string, string, number])[] = [
  [
    'English',
    'The router reads the last ask of the user, estimates how many tokens the whole request has, and then picks the cheapest model that can do the job without a second attempt.',
    35,
  ],
  [
    'TypeScript',
    'export function priceOf(usage: TokenUsage, pricing: Pricing): number {\n  const input = usage.inputTokens * pricing.inputUsdPerMtok;\n  return (input + usage.outputTokens * pricing.outputUsdPerMtok) / 1_000_000;\n}\n',
    56,
  ],
  ['Chinese', '请解释一下这段代码的作用，并且告诉我为什么在并发请求很多的时候会出现内存泄漏的问题。', 27],
  [
    'Japanese',
    'このコードの役割を説明し、同時リクエストが多いときにメモリリークが発生する理由を教えてください。',
    36,
  ],
  [
    'German',
    'Bitte erkläre mir, warum die Datenbankverbindung nach einigen Minuten abbricht, und schlage eine einfache Lösung vor.',
    26,
  ],
  [
    'Russian',
    'Объясни, пожалуйста, почему соединение с базой данных обрывается через несколько минут, и предложи решение.',
    25,
  ],
  [
    'Markdown table',
    '| model | input | output |\n| --- | --- | --- |\n| small | 0.25 | 1.25 |\n| large | 4.00 | 20.00 |\n',
    40,
  ],
];

function requestOf(content: string | readonly object[]): ReturnType<typeof neutralRequest> {
  return neutralRequest({
    model: 'auto',
    messages: [{ role: 'user', content: JSON.parse(JSON.stringify(content)) }],
  });
}

describe('estimateTextTokens', () => {
  for (const [name, text, tokens] of COUNTED) {
    it(`is within 25 % of the tokenizer for ${name}`, () => {
      const estimate = estimateTextTokens(text);
      assert.ok(Math.abs(estimate / tokens - 1) <= 0.25, `estimated ${estimate}, counted ${tokens}`);
    });
  }

  it('counts nothing in an empty text', () => {
    assert.equal(estimateTextTokens(''), 0);
  });

  it('grows with the text', () => {
    const words = 'one two three '.repeat(10);
    assert.ok(estimateTextTokens(words.repeat(10)) > 9 * estimateTextTokens(words));
  });
});

describe('a running count of tokens', () => {
  const counted = (pieces: readonly string[]): number => {
    const count = new RunningTokenCount();
    for (const piece of pieces) count.add(piece);
    return count.tokens;
  };

  it('is that of the whole text however it is cut', () => {
    const anyPiece = fc.string({
      unit: fc.constantFrom('a', 'b', 'Z', 'é', '你', '7', ' ', '\n', '.', '😀'),
    });
    fc.assert(
      fc.property(fc.array(anyPiece), (pieces) => {
        assert.ok(Math.abs(counted(pieces) - counted([pieces.join('')])) < 1e-9);
      }),
    );
  });

  it('is that of the whole text for text as models write it', () => {
    for (const [, text] of COUNTED) {
      assert.equal(Math.round(counted(Array.from(text))), estimateTextTokens(text));
    }
  });

  it('begins a new word after a break', () => {
    const count = new RunningTokenCount();
    count.add('word');
    count.break();
    count.add('word');
    assert.ok(Math.abs(count.tokens - 2 * counted(['word'])) < 1e-9);
  });

  it('counts a word without end in parts, close to the whole', () => {
    const base64 = 'abcd'.repeat(5000);
    const pieces = Array.from({ length: 5000 }, () => 'abcd');
    assert.ok(Math.abs(counted(pieces) / counted([base64]) - 1) < 0.05);
  });
});

describe('estimateRequestTokens', () => {
  it('counts the words of a message and hardly any of the JSON around it', () => {
    const text = COUNTED.map(([, sample]) => sample).join('\n');
    const estimate = estimateRequestTokens(requestOf(text));
    assert.ok(Math.abs(estimate / estimateTextTokens(text) - 1) <= 0.15, String(estimate));
  });

  it('reads escaped characters as what they stand for', () => {
    const plain = requestOf('请解释一下这段代码的作用。'.repeat(50));
    const escaped = plain.body.bytes
      .toString()
      .replaceAll(/[^ -~]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
    const same = { ...plain, body: { ...plain.body, bytes: Buffer.from(escaped) } };
    const ratio = estimateRequestTokens(same) / estimateRequestTokens(plain);
    assert.ok(ratio > 0.8 && ratio < 1.2, String(ratio));
  });

  it('estimates a long body from a sample as it would from all of it', () => {
    const text = COUNTED.map(([, sample]) => sample)
      .join('\n')
      .repeat(150);
    const ratio = estimateRequestTokens(requestOf(text)) / estimateTextTokens(text);
    assert.ok(ratio > 0.85 && ratio < 1.15, String(ratio));
  });

  it('counts an image at a flat rate, not its base64 characters', () => {
    const data = `data:image/png;base64,${'iVBORw0KGgoAAAANSUhEUg'.repeat(20_000)}`;
    const request = requestOf([
      { type: 'text', text: 'what is this?' },
      { type: 'image_url', image_url: { url: data } },
    ]);
    const estimate = estimateRequestTokens(request);
    assert.ok(estimate > 1000 && estimate < 3000, String(estimate));
  });

  it('does not let an image colour the estimate of the text around it', () => {
    const words = 'The router reads the last ask of the user and picks a model. '.repeat(600);
    const data = `data:image/png;base64,${'iVBORw0KGgoAAAANSUhEUg'.repeat(20_000)}`;
    const messages = [
      { role: 'user', content: words },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: data } }] },
      { role: 'user', content: words },
    ];
    const ratio = estimateRequestTokens(neutralRequest({ messages })) / estimateTextTokens(words + words);
    assert.ok(ratio > 0.85 && ratio < 1.25, String(ratio));
  });

  it('is never negative or fractional', () => {
    const estimate = estimateRequestTokens(neutralRequest({}));
    assert.ok(Number.isSafeInteger(estimate) && estimate >= 0);
  });
});
