import assert from 'node:assert/strict';

import { toJsonSchema } from '../../../../../daemon/dialects/google-generate/json-schema.ts';
import type { JsonObject } from '../../../../../daemon/util/json.ts';

describe('google-generate schemas', () => {
  it('become JSON Schema all the way down', () => {
    assert.deepEqual(
      toJsonSchema({
        type: 'OBJECT',
        properties: {
          type: { type: 'STRING', nullable: true, format: 'enum', enum: ['a'] },
          list: {
            type: 'ARRAY',
            items: { anyOf: [{ type: 'INTEGER' }, { type: 5, items: { type: 1 } }] },
            maxItems: '3',
          },
        },
        required: ['type'],
        propertyOrdering: ['type', 'list'],
        example: { type: 'a' },
      }),
      {
        type: 'object',
        properties: {
          type: { type: ['string', 'null'], enum: ['a'] },
          list: {
            type: 'array',
            items: { anyOf: [{ type: 'integer' }, { type: 'array', items: { type: 'string' } }] },
            maxItems: 3,
          },
        },
        required: ['type'],
        examples: [{ type: 'a' }],
      },
    );
  });

  it('stay as they are when they are JSON Schema already', () => {
    const schema = {
      type: ['string', 'null'],
      $defs: { a: { type: 'object' } },
      additionalProperties: false,
    };
    assert.deepEqual(toJsonSchema(schema), schema);
  });

  it('keep a property called __proto__ a property', () => {
    const schema = JSON.parse('{"type":"OBJECT","properties":{"__proto__":{"type":"STRING"}}}') as JsonObject;
    assert.equal(
      JSON.stringify(toJsonSchema(schema)),
      '{"type":"object","properties":{"__proto__":{"type":"string"}}}',
    );
  });

  it('are cut off where they are nested beyond reason', () => {
    let schema: JsonObject = { type: 'STRING' };
    for (let depth = 0; depth < 5000; depth += 1) schema = { type: 'ARRAY', items: schema };
    assert.ok(JSON.stringify(toJsonSchema(schema)).length < 2000);
  });
});
