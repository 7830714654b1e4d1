import assert from 'node:assert/strict';

import { askBrief } from '../../../../daemon/classify/ask-brief.ts';

describe('askBrief', () => {
  it('[A9] takes what stands under the task for the order and the rest for material', () => {
    const brief = askBrief(
      'Some words first.\n## Context\nWe move to pnpm.\n\n## Task\nList the scripts.\n\n## Return\nNames only.',
    );
    assert.deepEqual(brief, {
      order: 'List the scripts.',
      report: 'Names only.',
      material: 'Some words first.\nWe move to pnpm.',
    });
  });

  it('[A9] reads labels with a colon, in bold, in tags and in other languages', () => {
    for (const text of [
      'Context: none\nTask: count the files',
      '**Context**\nnone\n\n**Task**: count the files',
      '<context>none\n<task>count the files',
      'Kontext: none\nAufgabe: count the files',
      '背景：none\n任务：count the files',
    ]) {
      const brief = askBrief(text);
      assert.equal(brief?.order, 'count the files', text);
      assert.equal(brief.material, 'none', text);
    }
  });

  it('[A9] leaves a text alone that does not say what the task is', () => {
    assert.equal(askBrief('Context: none\nNotes: none'), undefined);
    assert.equal(askBrief('Task: count the files'), undefined);
    assert.equal(askBrief('the app stops\ntask\nis a word here'), undefined);
    assert.equal(askBrief('constructor: a\n__proto__: b\ntoString: c'), undefined);
  });

  it('[A9] reads no more than the first lines of a very long text', () => {
    const brief = askBrief(`Task: count\n${'Context: x\n'.repeat(50_000)}Goal: too late`);
    assert.equal(brief?.order, 'count');
  });
});
