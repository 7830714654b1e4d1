import assert from 'node:assert/strict';

import { describeModel, listModels, modelsFormOf } from '../../../../daemon/http/models.ts';
import type { ModelNames } from '../../../../daemon/http/models.ts';

const names: ModelNames = {
  configured: [
    { id: 'deepseek-flash', provider: 'deepseek' },
    { id: 'claude-opus', provider: 'anthropic' },
  ],
  createdAtS: 1_780_000_000,
};
const IDS = [
  'auto',
  'auto:budget',
  'auto:balanced',
  'auto:quality',
  'claude-auto',
  'exact/deepseek-flash',
  'exact/claude-opus',
];

const idsOf = (body: ReturnType<typeof listModels>): readonly string[] =>
  (body['data'] as unknown as readonly { readonly id: string }[]).map(({ id }) => id);
const anthropicPage = (query: string): ReturnType<typeof listModels> =>
  listModels(names, 'anthropic', new URLSearchParams(query));

describe('model list', () => {
  it('[A2] [A4] lists auto, its profiles, claude-auto and each configured model in the OpenAI form', () => {
    const body = listModels(names, 'openai', new URLSearchParams());
    assert.equal(body['object'], 'list');
    assert.deepEqual(idsOf(body), IDS);
    const last = (body['data'] as readonly unknown[]).at(-1);
    assert.deepEqual(last, {
      id: 'exact/claude-opus',
      object: 'model',
      created: 1_780_000_000,
      owned_by: 'anthropic',
    });
  });

  it('[A4] lists the same names in the Anthropic form', () => {
    const body = anthropicPage('');
    assert.deepEqual(idsOf(body), IDS);
    assert.deepEqual((body['data'] as readonly unknown[])[0], {
      type: 'model',
      id: 'auto',
      display_name: 'Pointsman auto',
      created_at: '2026-05-28T20:26:40.000Z',
    });
    assert.deepEqual([body['has_more'], body['first_id'], body['last_id']], [false, IDS[0], IDS.at(-1)]);
  });

  it('chooses the form by the anthropic-version header', () => {
    assert.equal(modelsFormOf(new Map([['anthropic-version', '2023-06-01']])), 'anthropic');
    assert.equal(modelsFormOf(new Map()), 'openai');
  });

  const pages: readonly (readonly [string, readonly string[], boolean])[] = [
    ['limit=1000', IDS, false],
    ['limit=2', IDS.slice(0, 2), true],
    ['limit=2&after_id=auto:budget', IDS.slice(2, 4), true],
    ['limit=2&after_id=claude-auto', IDS.slice(5), false],
    ['limit=2&before_id=claude-auto', IDS.slice(2, 4), true],
    ['limit=1&before_id=auto:balanced', IDS.slice(1, 2), true],
    ['limit=20&before_id=auto:budget', IDS.slice(0, 1), false],
    ['after_id=exact/claude-opus', [], false],
    ['after_id=unknown', IDS, false],
    ['before_id=unknown', IDS, false],
    ['limit=0', IDS, false],
    ['limit=-1', IDS, false],
    ['limit=x', IDS, false],
  ];
  for (const [query, ids, hasMore] of pages) {
    it(`pages the Anthropic form by ?${query}`, () => {
      const body = anthropicPage(query);
      assert.deepEqual(idsOf(body), ids);
      assert.equal(body['has_more'], hasMore);
    });
  }

  it('lists the routed names when no model is configured', () => {
    const body = listModels({ configured: [], createdAtS: 0 }, 'openai', new URLSearchParams());
    assert.deepEqual(idsOf(body), IDS.slice(0, 5));
  });
});

describe('one model', () => {
  for (const id of [...IDS, 'gpt-4o', 'claude-3-opus', 'toString', '__proto__']) {
    it(`finds ${id}`, () => {
      assert.equal(describeModel(names, 'openai', id)['id'], id);
      assert.equal(describeModel(names, 'anthropic', id)['type'], 'model');
    });
  }

  it('does not find an exact model that is not configured, and names those that are', () => {
    assert.throws(() => describeModel(names, 'openai', 'exact/gpt-4o'), {
      code: 'model.unknown',
      statusCode: 404,
      message: /exact\/gpt-4o; use one of: exact\/deepseek-flash, exact\/claude-opus/,
    });
  });

  it('says so when nothing is configured', () => {
    const none: ModelNames = { configured: [], createdAtS: 0 };
    assert.throws(() => describeModel(none, 'openai', 'exact/x'), { message: /no model is configured/ });
  });
});
