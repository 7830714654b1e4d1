import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { createRedactor } from '../../../../daemon/util/redact.ts';

const body = (length: number): string => 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0z'.repeat(8).slice(0, length);
const HEX = '0123456789abcdef0123456789abcdef';

/** One made-up key of each form. */
const KEYS: Readonly<Record<string, string>> = {
  OpenAI: `sk-proj-${body(48)}`,
  'OpenAI, old': `sk-${body(48)}`,
  Anthropic: `sk-ant-api03-${body(40)}-${body(40)}_AA`,
  OpenRouter: `sk-or-v1-${HEX}${HEX}`,
  'DeepSeek, DashScope, Moonshot': `sk-${HEX}`,
  Google: `AIza${body(35)}`,
  'Google, new': `AQ.${body(50)}`,
  Groq: `gsk_${body(52)}`,
  xAI: `xai-${body(80)}`,
  'Z.AI': `${HEX}.${body(16)}`,
  'Hugging Face': `hf_${body(34)}`,
  NVIDIA: `nvapi-${body(64)}`,
  GitHub: `ghp_${body(36)}`,
  'JSON web token': `eyJ${body(20)}.eyJ${body(30)}.${body(43)}`,
  'client token': `pm_${body(43)}`,
  'admin token': `pma_${body(43)}`,
};

describe('redaction by form', () => {
  const redactor = createRedactor();

  for (const [vendor, key] of Object.entries(KEYS)) {
    it(`takes out a key of ${vendor}, whatever stands around it`, () => {
      for (const [before, after] of [
        ['', ''],
        ['key ', ' is wrong'],
        ['"', '"'],
        ['?key=', '&alt=sse'],
        ['/k/', '/v1/models'],
        ['(', ').'],
        ['my_', '\n'],
        ['\\"', '\\"'],
      ]) {
        assert.equal(redactor.redact(`${before}${key}${after}`), `${before}[redacted]${after}`);
      }
    });
  }

  const named = [
    'Bearer %', 'bearer %', 'Authorization: Bearer %', '"authorization":"Bearer %"', '{\\"Authorization\\":\\"Bearer %\\"}', 'authorization: Basic %',
    'x-api-key: %', '"x-api-key": "%"', "'api_key'='%'", 'apikey=%&x=1', 'x-goog-api-key:%', 'api-key: %', 'access_token=%',
  ]; // prettier-ignore
  for (const text of named) {
    it(`takes out a key without a form of its own in ${text}`, () => {
      assert.equal(redactor.redact(text.replace('%', body(32))), text.replace('%', '[redacted]'));
    });
  }

  const harmless = [
    'exchange x_Zm9vYmFyYmF6cXV4 took 812 ms',
    'conversation c_0123456789abcdef0123456789abcdef',
    'model claude-opus-5-5 by anthropic, reason cheapest-capable',
    'the task-list-of-the-whole-team-is-long and the risk-assessment-of-all-parts too',
    'sk-short',
    'sha256 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    'https://api.openai.com/v1/chat/completions',
    'the bearer of this letter',
    'api key missing',
    '{"inputTokens":1200,"costUsd":0.00031}',
  ];
  for (const text of harmless) {
    it(`leaves "${text.slice(0, 40)}…" alone`, () => assert.equal(redactor.redact(text), text));
  }

  it('takes out every key of a text', () => {
    const text = Object.values(KEYS).join(' and ');
    assert.equal(
      redactor.redact(text),
      Object.keys(KEYS)
        .map(() => '[redacted]')
        .join(' and '),
    );
  });

  it('changes nothing the second time', () => {
    const once = redactor.redact(`Authorization: Bearer ${KEYS['OpenAI']} x-api-key: ${body(32)}`);
    assert.equal(redactor.redact(once), once);
  });
});

describe('redaction by value', () => {
  it('takes out a value that has no form at all', () => {
    const redactor = createRedactor();
    redactor.addSecret('correct horse');
    assert.equal(redactor.redact('a correct horse, a correct horse'), 'a [redacted], a [redacted]');
  });

  it('takes out any value it was given, wherever it stands', () => {
    const secret = fc
      .string({ minLength: 8, maxLength: 60 })
      .filter((value) => value.trim().length >= 8 && !'[redacted]'.includes(value.trim()));
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
        const redactor = createRedactor();
        redactor.addSecret(value);
        assert.ok(!redactor.redact(`${before} ${value.trim()} ${after}`).includes(value.trim()));
      }),
    );
  });

  it('takes out a value as JSON and as a query string spell it', () => {
    const redactor = createRedactor();
    redactor.addSecret('pass"word\\+/=&');
    assert.equal(redactor.redact(JSON.stringify({ detail: 'pass"word\\+/=&' })), '{"detail":"[redacted]"}');
    assert.equal(redactor.redact('?token=pass%22word%5C%2B%2F%3D%26&x'), '?token=[redacted]&x');
  });

  it('takes out the longer of two values of which one begins the other', () => {
    const redactor = createRedactor();
    redactor.addSecret('abcdefgh');
    redactor.addSecret('abcdefghijkl');
    assert.equal(redactor.redact('abcdefghijkl abcdefgh'), '[redacted] [redacted]');
  });

  it('takes characters of patterns as what they are', () => {
    const redactor = createRedactor();
    redactor.addSecret('.*.*.*.*$&');
    assert.equal(redactor.redact('anything at all'), 'anything at all');
    assert.equal(redactor.redact('x.*.*.*.*$&x'), 'x[redacted]x');
  });

  for (const value of ['', ' ', 'short', '  \n abc \n ']) {
    it(`ignores ${JSON.stringify(value)}, which is too short for a key`, () => {
      const redactor = createRedactor();
      redactor.addSecret(value);
      assert.equal(redactor.redact('a short text abc'), 'a short text abc');
    });
  }

  it('is separate for each redactor', () => {
    createRedactor().addSecret('first-secret');
    assert.equal(createRedactor().redact('first-secret'), 'first-secret');
  });

  it('copes with broken Unicode', () => {
    const redactor = createRedactor();
    redactor.addSecret('abcdefg\ud800');
    assert.equal(redactor.redact('abcdefg\ud800'), '[redacted]');
  });
});

describe('redaction of hostile text', () => {
  const redactor = createRedactor();
  const pieces = [
    'sk-',
    'sk-aaaaaaaaaaaaaaa ',
    'eyJ-',
    'eyJ.',
    'eyJaaaaaaaaaaaaaaaaaaa.',
    'bearer ',
    'bearer\t',
    'authorization:',
    'api_key= ',
    HEX,
    `${HEX}.`,
    'gsk_',
    'AIza',
    'pm_',
    '_',
    '-',
    ' ',
  ];

  for (const piece of pieces) {
    it(`does not slow down on repeated ${JSON.stringify(piece.slice(0, 12))}`, () => {
      // Quadratic matching of 400 kB would take minutes and trip the runner's limit; linear takes milliseconds.
      const text = piece.repeat(Math.ceil(400_000 / piece.length));
      assert.ok(redactor.redact(text).length <= text.length + 400_000);
    });
  }
});
