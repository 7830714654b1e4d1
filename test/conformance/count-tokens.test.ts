// The estimate of a token count against what Anthropic really counted: it may be too high, never too low.

import assert from 'node:assert/strict';

import type { ModelTarget } from '../../daemon/catalog/model-target.ts';
import { anthropicMessages } from '../../daemon/dialects/anthropic-messages/dialect.ts';
import { estimateHigh } from '../../daemon/pipeline/count-tokens.ts';
import { isJsonObject, numberOf } from '../../daemon/util/json.ts';
import { parseRequestBody } from '../../daemon/util/json-scan.ts';
import { loadExchanges } from './wire-fixtures.ts';

const exchanges = loadExchanges('anthropic-count-tokens');

/** Of the models in the recordings, against the o200k tokenizer; newer Claude models count 1.35. */
const TARGET: Pick<ModelTarget, 'tokenizerFactor'> = { tokenizerFactor: 1.13 };

describe('token count estimates', () => {
  if (exchanges === undefined) {
    it.skip('skipped: no corpus (set POINTSMAN_SHARED to the folder that holds wire-fixtures)');
    return;
  }

  it('are never below the provider’s count, and never beyond three times of it and what tools hide', () => {
    let compared = 0;
    for (const { id, requestBody, responseBody } of exchanges) {
      const counted = isJsonObject(responseBody) ? numberOf(responseBody['input_tokens']) : undefined;
      if (requestBody === undefined || counted === undefined) continue;
      const body = parseRequestBody(Buffer.from(JSON.stringify(requestBody)));
      const request = anthropicMessages.decodeRequest(body);
      const { inputTokens } = estimateHigh(request, TARGET);
      const hidden = 850 + 1250 * request.tools().filter((tool) => tool.kind === 'server').length;
      assert.ok(inputTokens >= counted, `${id}: ${inputTokens} of ${counted}`);
      assert.ok(inputTokens <= 3 * counted + hidden, `${id}: ${inputTokens} of ${counted}`);
      compared += 1;
    }
    assert.equal(compared, 7);
  });
});
