import assert from 'node:assert/strict';

import { calledTool, namespacedName } from '../../../../../daemon/dialects/openai-responses/tool-names.ts';
import { answering } from './answer-support.ts';

const { request } = answering({
  tools: [
    { type: 'function', name: 'f' },
    { type: 'custom', name: 'exec' },
    { type: 'function', name: 'a__b' },
    { type: 'namespace', name: 'crm', tools: [{ type: 'function', name: 'find' }] },
    { type: 'namespace', name: 'long', tools: [{ type: 'function', name: 'x'.repeat(70) }] },
  ],
});

describe('openai-responses tool names', () => {
  it('are flat for tools of a namespace', () => {
    assert.equal(namespacedName('crm', 'find'), 'crm__find');
    assert.equal(namespacedName(undefined, 'f'), 'f');
    assert.equal(namespacedName('', 'f'), 'f');
  });

  it('are given back with their namespace', () => {
    assert.deepEqual(calledTool('crm__find', request), { name: 'find', namespace: 'crm', kind: 'function' });
  });

  it('are left alone where the client has a tool of just that name', () => {
    assert.deepEqual(calledTool('a__b', request), { name: 'a__b', kind: 'function' });
  });

  it('are found by the name that was cut to a length, and by the whole one', () => {
    const cut = request?.tools().at(-1)?.name ?? '';
    assert.ok(cut.length <= 64);
    const found = { name: 'x'.repeat(70), namespace: 'long', kind: 'function' };
    assert.deepEqual(calledTool(cut, request), found);
    assert.deepEqual(calledTool(`long__${'x'.repeat(70)}`, request), found);
  });

  it('tell tools that take free text', () => {
    assert.equal(calledTool('exec', request).kind, 'custom');
  });

  it('stay what they are for tools that nobody declared', () => {
    assert.deepEqual(calledTool('later__x', request), { name: 'later__x' });
    assert.deepEqual(calledTool('f', undefined), { name: 'f' });
  });

  it('are split for a function that a tool search found', () => {
    assert.deepEqual(calledTool('rate__rate', request), { name: 'rate', namespace: 'rate' });
    assert.deepEqual(calledTool('__', request), { name: '__' });
  });
});
