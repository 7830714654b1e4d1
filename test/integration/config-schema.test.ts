// The JSON Schema that editors check `config.jsonc` with, as the build writes it.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'jsonc-parser';
import * as z from 'zod';
import { configJsonSchema } from '../../daemon/config/schema.ts';
import { ensureBundle, ROOT } from '../support/daemon-process.ts';
import { configFor } from '../support/run-daemon.ts';

const shared = process.env['POINTSMAN_SHARED'] ?? path.join(ROOT, '..', 'shared');

/** zod reads `{"required": ["env"]}` as "anything"; with the type said it reads what JSON Schema means. */
function spellOut(_key: string, value: unknown): unknown {
  const isBare =
    typeof value === 'object' && value !== null && 'required' in value && Object.keys(value).length === 1;
  if (!isBare) return value;
  const names = value.required as string[];
  return { ...value, type: 'object', properties: Object.fromEntries(names.map((name) => [name, {}])) };
}

describe('dist/config.schema.json', () => {
  let accepts: (value: unknown) => boolean;

  before(() => {
    ensureBundle();
    const text = readFileSync(path.join(ROOT, 'dist', 'config.schema.json'), 'utf8');
    const validator = z.fromJSONSchema(JSON.parse(text, spellOut) as Parameters<typeof z.fromJSONSchema>[0]);
    accepts = (value) => validator.safeParse(value).success;
    assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(configJsonSchema())));
  });

  it('accepts the complete example of the contract', function () {
    const file = path.join(shared, 'contract.md');
    if (!existsSync(file)) {
      console.log(`      no contract at ${file}`);
      this.skip();
    }
    const example = /```jsonc\n([\s\S]*?)```/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
    const config = parse(example) as Record<string, unknown>;
    assert.ok(Object.keys(config).length > 10);
    assert.ok(accepts(config));
    assert.ok(!accepts({ ...config, profile: 'thrifty' }));
  });

  it('accepts nothing at all, and a small configuration', () => {
    assert.ok(accepts({}));
    assert.ok(accepts(configFor([{ id: 'm', baseUrl: 'http://127.0.0.1:1/v1' }])));
  });

  it('refuses unknown keys, wrong types and values out of range', () => {
    for (const wrong of [
      { basline: 'm' },
      { port: '7411' },
      { port: 70_000 },
      { timeouts: { idle: 1 } },
      [],
    ]) {
      assert.ok(!accepts(wrong), JSON.stringify(wrong));
    }
  });

  it('describes every key at the top for the editor', () => {
    const { properties } = configJsonSchema() as { properties: Record<string, { description?: string }> };
    for (const [key, { description }] of Object.entries(properties)) assert.ok(description, key);
  });
});
