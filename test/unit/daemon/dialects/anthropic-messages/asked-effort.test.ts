import assert from 'node:assert/strict';

import type { ModelTraits } from '../../../../../daemon/conversation/model-traits.ts';
import type { ReasoningEffort } from '../../../../../daemon/conversation/settings.ts';
import { passRequest } from '../../../../../daemon/dialects/anthropic-messages/passthrough.ts';
import { chatRequest, encoded, passed, requestOfText, TARGET, type Json } from './request-support.ts';

const ADAPTIVE: ModelTraits = { thinking: 'adaptive', efforts: ['none', 'low', 'medium', 'high', 'max'] };
const ALWAYS_THINKS: ModelTraits = { thinking: 'adaptive', efforts: ['low', 'medium', 'high', 'xhigh'] };
const BUDGET: ModelTraits = { thinking: 'budget' };

const HEAD = '{"model":"up","messages" : [ {"role":"user","content":"\\u00e9"} ]';
const THINKING = (tokens: number, more = '') =>
  `,"thinking":{ "type":"enabled", "budget_tokens" : ${tokens}${more}}`;

/** What goes up of a client's body with these members, its beginning left away. */
function passedWith(members: string, effort: ReasoningEffort, traits?: ModelTraits): string {
  const target = traits === undefined ? { ...TARGET, effort } : { ...TARGET, traits, effort };
  const text = passed(`${HEAD}${members}}`, target);
  assert.ok(text.startsWith(HEAD), text);
  return text.slice(HEAD.length, -1);
}

describe('effort of the router in a Messages request that passes', () => {
  it('[B8] takes the place of output_config.effort and changes no other byte', () => {
    assert.equal(
      passedWith(
        ',"thinking":{"type":"adaptive"}, "output_config" : { "effort" : "high", "x":1e9 }',
        'low',
        ADAPTIVE,
      ),
      ',"thinking":{"type":"adaptive"}, "output_config" : { "effort" : "low", "x":1e9 }',
    );
  });

  it('[B8] gives back the very bytes when the client asks for the same', () => {
    const request = requestOfText(`${HEAD},"output_config":{"effort":"low"}}`);
    assert.equal(
      passRequest(request, { ...TARGET, traits: ADAPTIVE, effort: 'low' }).body,
      request.body.bytes,
    );
  });

  it('[B8] is added without switching thinking on, and only where the model is known to take one', () => {
    assert.equal(passedWith('', 'low', ADAPTIVE), ',"output_config":{"effort":"low"}');
    assert.equal(passedWith('', 'low', BUDGET), '');
    assert.equal(passedWith('', 'low'), '');
    assert.equal(
      passedWith(',"output_config":{"effort":"high"}', 'low'),
      ',"output_config":{"effort":"low"}',
    );
  });

  it('[B8] is written in a word of the dialect also where nothing is known of the model', () => {
    assert.equal(
      passedWith(',"output_config":{"effort":"high"}', 'none'),
      ',"output_config":{"effort":"low"}',
    );
  });

  it('[B8] scales the budget of a model that has budgets', () => {
    assert.equal(
      passedWith(`,"max_tokens":32000${THINKING(20_000)}`, 'low', BUDGET),
      `,"max_tokens":32000${THINKING(4000)}`,
    );
  });

  it('[B8] says it once, by the budget, to a model that has both', () => {
    const both: ModelTraits = { thinking: 'budget', efforts: ['low', 'medium', 'high'] };
    assert.equal(
      passedWith(`,"max_tokens":32000${THINKING(20_000)}`, 'low', both),
      `,"max_tokens":32000${THINKING(4000)}`,
    );
    assert.equal(passedWith('', 'low', both), ',"output_config":{"effort":"low"}');
  });

  it('[B8] keeps a scaled budget legal: at least 1024 and below max_tokens', () => {
    assert.equal(
      passedWith(`,"max_tokens":4000${THINKING(1500)}`, 'minimal', BUDGET),
      `,"max_tokens":4000${THINKING(1024)}`,
    );
    assert.equal(
      passedWith(`,"max_tokens":9000${THINKING(8000)}`, 'high', BUDGET),
      `,"max_tokens":9000${THINKING(7200)}`,
    );
  });

  it('[B8] scales the budget also where nothing is known of the model', () => {
    assert.equal(
      passedWith(`,"max_tokens":32000${THINKING(20_000)}`, 'low'),
      `,"max_tokens":32000${THINKING(4000)}`,
    );
  });

  it('[B8] takes the place of a budget that an adaptive model does not take', () => {
    assert.equal(
      passedWith(THINKING(20_000), 'low', ADAPTIVE),
      ',"thinking":{ "type":"adaptive"},"output_config":{"effort":"low"}',
    );
  });

  it('[B8] switches thinking off where the model can do without', () => {
    assert.equal(
      passedWith(',"thinking":{"type":"adaptive"},"output_config":{"effort":"max"}', 'none', ADAPTIVE),
      ',"thinking":{"type":"disabled"},"output_config":{"effort":"high"}',
    );
    assert.equal(passedWith(THINKING(4000), 'none', BUDGET), ',"thinking":{"type":"disabled"}');
    assert.equal(passedWith('', 'none', ADAPTIVE), ',"thinking":{"type":"disabled"}');
  });

  it('[B8] asks a model that cannot stop thinking for as little as possible', () => {
    assert.equal(
      passedWith(',"thinking":{"type":"adaptive"}', 'none', ALWAYS_THINKS),
      ',"thinking":{"type":"adaptive"},"output_config":{"effort":"low"}',
    );
  });

  it('[B8] leaves thinking off where the client switched it off', () => {
    assert.equal(
      passedWith(',"thinking":{"type":"disabled"}', 'max', ADAPTIVE),
      ',"thinking":{"type":"disabled"},"output_config":{"effort":"high"}',
    );
  });

  it('[B8] drops the clearing of thoughts with the thoughts', () => {
    const clear = ',"context_management":{"edits":[{"type":"clear_thinking_20251015"}]}';
    assert.equal(
      passedWith(`,"thinking":{"type":"adaptive"}${clear}`, 'none', ADAPTIVE),
      ',"thinking":{"type":"disabled"}',
    );
  });

  it('[B8] changes the effort in the last message that has one, and leaves the earlier ones', () => {
    const text = (last: string) =>
      `{"model":"up","messages":[{"role":"user","content":"a"},{"role":"system","output_config":{"effort":"max"}},` +
      `{"role":"assistant","content":"b"},{"role":"user","content":"c"},{"role":"system","output_config":{"effort":"${last}"}}]}`;
    const traits = { ...ADAPTIVE, systemInMessages: true };
    assert.equal(passed(text('high'), { ...TARGET, traits, effort: 'low' }), text('low'));
  });
});

describe('effort of the router in a Messages request that is built anew', () => {
  const parts = (fields: object, effort: ReasoningEffort, traits: ModelTraits): Json => {
    const { body } = encoded(chatRequest(fields), { ...TARGET, traits, effort });
    return { thinking: body['thinking'], output_config: body['output_config'] };
  };

  it('[B8] takes the place of the client’s', () => {
    assert.deepEqual(parts({ reasoning_effort: 'high' }, 'low', ADAPTIVE), {
      thinking: { type: 'adaptive' },
      output_config: { effort: 'low' },
    });
    assert.deepEqual(parts({ reasoning_effort: 'high' }, 'low', BUDGET)['thinking'], {
      type: 'enabled',
      budget_tokens: 4096,
    });
  });

  it('[B8] switches no thinking on that the client did not ask for', () => {
    assert.deepEqual(parts({}, 'low', ADAPTIVE), {
      thinking: undefined,
      output_config: { effort: 'low' },
    });
    assert.deepEqual(parts({}, 'low', BUDGET), { thinking: undefined, output_config: undefined });
  });
});
