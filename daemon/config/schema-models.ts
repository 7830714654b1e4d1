// The part of the configuration that names providers, models and prices.

import * as z from 'zod';
import {
  baseUrl,
  choice,
  decimal,
  group,
  list,
  name,
  table,
  text,
  usdPerMtok,
  wholeNumber,
} from './schema-fields.ts';

const MAX_TOKENS = 100_000_000;

/** Ids travel in answer headers and as `exact/<id>`, so: visible ASCII, and none of the names that mean "route". */
export const modelId = name(
  'a model id of 1 to 128 visible ASCII characters without spaces',
  /^[\x21-\x7e]{1,128}$/,
  (id) =>
    id === 'auto' || id === 'claude-auto' || id.startsWith('auto:') || id.startsWith('exact/')
      ? 'is a name that clients send to be routed ("auto", "auto:…", "claude-auto", "exact/…"); give the model another id'
      : null,
);

export const providerName = text(
  'a provider name of 1 to 64 letters, digits, ".", "_" or "-"',
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
);

/** Headers that frame the message or carry a key: the first are ours to set, the second belong under `apiKey`. */
const RESERVED_HEADERS: Readonly<Record<string, string>> = {
  authorization: 'carries a key, which belongs under apiKey',
  'x-api-key': 'carries a key, which belongs under apiKey',
  'x-goog-api-key': 'carries a key, which belongs under apiKey',
  'proxy-authorization': 'carries a key and is set from the proxy address',
  cookie: 'is never sent to a provider',
  host: 'is set from baseUrl',
  'content-length': 'is set by the daemon',
  'content-type': 'is set by the daemon',
  'transfer-encoding': 'is set by the daemon',
  connection: 'is set by the daemon',
  'keep-alive': 'is set by the daemon',
  upgrade: 'is set by the daemon',
  te: 'is set by the daemon',
  trailer: 'is set by the daemon',
  expect: 'is set by the daemon',
};

const headerName = name(
  'a header name (letters, digits and "-")',
  /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/,
  (header) => {
    const key = header.toLowerCase();
    return Object.hasOwn(RESERVED_HEADERS, key) ? (RESERVED_HEADERS[key] ?? null) : null;
  },
);

/** Where a key is found. The key itself never stands in the file. */
export type ApiKeyRef = { readonly env: string } | { readonly keychain: string } | { readonly file: string };

const API_KEY_ALLOWED =
  'must be one of {"env": "NAME_OF_VARIABLE"}, {"file": "name-of-file"}, {"keychain": "name"}; a key itself does not belong in this file';

const apiKey = z
  .strictObject(
    {
      env: text('the name of an environment variable', /^[A-Za-z_][A-Za-z0-9_]{0,127}$/)
        .exactOptional()
        .describe('Name of the environment variable that holds the key.'),
      keychain: text('the name of a keychain entry (1 to 128 characters)', /^[\x20-\x7e]{1,128}$/)
        .exactOptional()
        .describe('Name of the entry in the editor’s secret storage.'),
      file: text('a path of 1 to 1024 characters', /^[^\0\r\n]{1,1024}$/)
        .exactOptional()
        .describe('Path of a file (mode 0600) that holds only the key; relative to the home folder.'),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? API_KEY_ALLOWED : 'has unknown keys') },
  )
  .superRefine((value, context) => {
    if (Object.keys(value).length !== 1) context.addIssue({ code: 'custom', message: API_KEY_ALLOWED });
  })
  .transform((value): ApiKeyRef => {
    if (value.env !== undefined) return { env: value.env };
    if (value.file !== undefined) return { file: value.file };
    return { keychain: value.keychain ?? '' };
  })
  .meta({
    description: 'Where the key is found; absent = the provider needs none.',
    oneOf: [{ required: ['env'] }, { required: ['keychain'] }, { required: ['file'] }],
  });

export const provider = group({
  dialect: choice(['openai-chat', 'openai-responses', 'anthropic-messages', 'google-generate']).describe(
    'Wire format that the provider speaks.',
  ),
  baseUrl: baseUrl().meta({
    description: 'Address that the paths of the dialect are added to; https, or http on this machine.',
    format: 'uri',
  }),
  apiKey: apiKey.exactOptional(),
  headers: table(headerName, text('text of at most 4096 characters on one line', /^[\t\x20-\x7e]{0,4096}$/))
    .default(() => ({}))
    .describe('Headers added to every request to this provider.'),
  billing: choice(['metered', 'flat-rate', 'free'])
    .default('metered')
    .describe(
      'metered: by the token. flat-rate: by subscription, cost 0, left out of savings. free: cost 0.',
    ),
}).describe('A provider of models.');

const longContext = group({
  aboveTokens: wholeNumber(1, MAX_TOKENS, 'tokens').describe(
    'Input size above which these prices apply, tokens.',
  ),
  inputUsdPerMtok: usdPerMtok().describe('Input, USD per million tokens.'),
  outputUsdPerMtok: usdPerMtok().describe('Output, USD per million tokens.'),
  cacheReadUsdPerMtok: usdPerMtok().describe('Cached input, USD per million tokens.'),
}).describe('Prices of every token of a request whose input is larger than aboveTokens.');

const day = () =>
  text('a date YYYY-MM-DD', /^\d{4}-\d{2}-\d{2}$/).refine((date) => !Number.isNaN(Date.parse(date)), {
    error: 'must be a date YYYY-MM-DD',
  });

const hour = wholeNumber(0, 24, 'hours, UTC');
const peak = group({
  multiplier: decimal(0, 100).describe('Factor on every price at these times.'),
  hoursUtc: z
    .array(z.tuple([hour, hour], { error: 'must be a pair [from, to] of hours, UTC' }), {
      error: 'must be a list of pairs [from, to] of hours, UTC',
    })
    .max(24, { error: 'must be a list of at most 24 pairs [from, to]' })
    .describe('Pairs [from, to) of hours of the day, UTC.'),
  weekdays: list(wholeNumber(0, 6), 'weekdays (0 = Sunday)', 1, 7).describe('0 = Sunday to 6 = Saturday.'),
  holidaysUtc: list(day(), 'days YYYY-MM-DD', 0, 400)
    .exactOptional()
    .describe('Days without a peak although their weekday has one, YYYY-MM-DD, UTC.'),
}).describe('Times at which all prices are multiplied.');

const price = group({
  inputUsdPerMtok: usdPerMtok().describe('Input, USD per million tokens.'),
  outputUsdPerMtok: usdPerMtok().describe('Output, USD per million tokens.'),
  cacheReadUsdPerMtok: usdPerMtok()
    .exactOptional()
    .describe('Cached input, USD per million tokens; absent = the input price.'),
  cacheWriteUsdPerMtok: usdPerMtok()
    .exactOptional()
    .describe('Input written to the prompt cache, USD per million tokens; absent = the input price.'),
  cacheWrite1hUsdPerMtok: usdPerMtok()
    .exactOptional()
    .describe('Input written for one hour, USD per million tokens; absent = the write price.'),
  reasoningOutputUsdPerMtok: usdPerMtok()
    .exactOptional()
    .describe('Reasoning tokens, USD per million tokens; absent = the output price.'),
  longContext: longContext.exactOptional(),
  peak: peak.exactOptional(),
  currency: text('a currency of three letters, as in CNY', /^[A-Z]{3}$/)
    .exactOptional()
    .describe(
      'Currency of all prices of this model, three letters; absent = USD. Other ones need usdPerUnit.',
    ),
  usdPerUnit: decimal(0.000001, 1_000_000, 'US dollars')
    .exactOptional()
    .describe('US dollars for one unit of currency on the day of asOf; without it the model is unpriced.'),
  asOf: day().exactOptional().describe('Day on which the price was checked, YYYY-MM-DD.'),
  source: text('text of at most 500 characters', /^[^\0\r\n]{0,500}$/)
    .exactOptional()
    .describe('Where the price comes from.'),
}).describe('Prices; absent = the shipped price list, by exact upstreamModel.');

export const model = group({
  provider: providerName.describe('Name of the provider, a key of providers.'),
  upstreamModel: text(
    'the provider’s name of the model, 1 to 256 visible ASCII characters',
    /^[\x21-\x7e]{1,256}$/,
  ).describe('The provider’s own name for the model.'),
  tier: choice(['simple', 'moderate', 'complex']).describe(
    'Hardest grade of work the model is trusted with.',
  ),
  contextTokens: wholeNumber(256, MAX_TOKENS, 'tokens').describe('Context window, tokens.'),
  maxOutputTokens: wholeNumber(1, MAX_TOKENS, 'tokens').describe('Longest answer, tokens.'),
  supports: list(choice(['tools', 'vision', 'reasoning', 'json']), 'abilities', 0, 4)
    .default(() => [])
    .describe('What the model can do beyond plain text; requests that need more are not sent to it.'),
  speedTokensPerSec: decimal(0, 1_000_000, 'tokens per second')
    .exactOptional()
    .describe('Output speed, tokens per second.'),
  price: price.exactOptional(),
  cache: group({
    minTokens: wholeNumber(0, MAX_TOKENS, 'tokens').describe('Shortest prefix that is cached, tokens.'),
    ttlS: wholeNumber(0, 31_536_000, 's').describe('How long an entry lives after its last use, seconds.'),
    kind: choice(['explicit', 'automatic', 'none'])
      .exactOptional()
      .describe('explicit: only marked prefixes. automatic: every prefix. none: no prompt cache.'),
  })
    .exactOptional()
    .describe('How the provider’s prompt cache works; absent = the shipped catalog.'),
  tokenizerFactor: decimal(0.1, 10)
    .exactOptional()
    .describe('Tokens of this model per token of the o200k tokenizer; absent = the shipped catalog.'),
  fallback: list(modelId, 'model ids', 0, 32)
    .default(() => [])
    .describe('Model ids tried, in this order, when this one fails.'),
}).describe('A model that can be routed to.');
