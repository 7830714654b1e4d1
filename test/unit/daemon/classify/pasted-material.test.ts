import assert from 'node:assert/strict';

import { pastedMaterial } from '../../../../daemon/classify/pasted-material.ts';

const prose =
  'The ferry to the islands leaves twice a day, and in summer a third boat takes those who come late. '.repeat(
    4,
  );
const log = '2026-03-04T10:00:00Z ERROR [worker-1] deadlock detected, connection refused\n'.repeat(12);
const code =
  'export function total(items) { return items.reduce((sum, item) => sum + item.price, 0); }\n'.repeat(5);

function instructionOf(ask: string): string | undefined {
  return pastedMaterial(ask)?.instruction;
}

describe('pasted material', () => {
  it('is told from an instruction on the line before it', () => {
    assert.equal(instructionOf(`what is the first line?\n${log}`), 'what is the first line?');
    assert.equal(instructionOf(`Summarize this article:\n\n${prose}`), 'Summarize this article:');
  });

  it('is told from an instruction at the beginning of its own line', () => {
    assert.equal(instructionOf(`Is this review positive? ${prose}`), 'Is this review positive?');
    assert.equal(instructionOf(`Translate to German: ${prose}`), 'Translate to German:');
  });

  it('is told from an instruction behind it', () => {
    assert.equal(instructionOf(`${log}\nhow many lines is this?`), 'how many lines is this?');
    assert.equal(instructionOf(`${prose}\n\nSummarize the text above.`), 'Summarize the text above.');
    assert.equal(instructionOf(`"""\n${prose}\n"""\n\ntranslate to Spanish`), 'translate to Spanish');
  });

  it('is recognised under instructions in other languages', () => {
    for (const instruction of ['Fasse diesen Text zusammen:', 'Résume ce texte :', '翻译成英文：']) {
      assert.equal(instructionOf(`${instruction}\n\n${prose}`), instruction);
    }
  });

  it('is known by its size', () => {
    const material = `\n${log}`;
    assert.equal(pastedMaterial(`summarize this${material}`)?.materialChars, material.trimEnd().length);
  });

  it('is not looked for in a short ask', () => {
    assert.equal(pastedMaterial(`Summarize this:\n\n${prose.slice(0, 250)}`), undefined);
  });

  it('may be searched for errors', () => {
    for (const instruction of [
      'Extract all error messages from this log:',
      'How many errors are in this log?',
    ]) {
      assert.equal(instructionOf(`${instruction}\n${log}`), instruction);
    }
  });

  it('counts as talk when nothing is asked of a log, and never with prose, which may be the ask itself', () => {
    assert.equal(pastedMaterial(`${log}\nthanks`)?.isSmallTalk, true);
    assert.equal(pastedMaterial(`summarize this\n${log}`)?.isSmallTalk, false);
    assert.equal(pastedMaterial(`Hi!\n\n${prose}`), undefined);
    assert.equal(pastedMaterial(`${prose}\n\nThanks!`), undefined);
    assert.equal(pastedMaterial(`Hello: ${prose}`), undefined);
    assert.equal(pastedMaterial(`Hey, look at this\n${log}`), undefined);
  });

  const realWork = [
    'Fix this:',
    'why does this happen?',
    'Refactor this to use streams:',
    'Review this code:',
    'Debug this:',
    'Implement the following:',
    'Design a system for this:',
    'What is the root cause?',
    'Translate this to Rust:',
    'Extract this into a hook:',
    'Write a summarizer:',
    'Which line has the bug?',
    'Summarize this and propose a design:',
    'Add a comment and make it async:',
    'Format: JSON',
  ];
  for (const instruction of realWork) {
    it(`is part of the ask under "${instruction}"`, () => {
      assert.equal(pastedMaterial(`${instruction}\n\n${code}`), undefined);
      assert.equal(pastedMaterial(`${instruction}\n\n${prose}`), undefined);
      assert.equal(pastedMaterial(`${log}\n${instruction}`), undefined);
    });
  }

  it('is not taken for material where it gives orders of its own', () => {
    assert.equal(pastedMaterial(`Summarize this:\n\n${prose}\n\nThen rewrite the importer.`), undefined);
    assert.equal(pastedMaterial(`fix it\n${log}\nsummarize this`), undefined);
    assert.equal(pastedMaterial(`Summarize what you find at the end.\n\n${prose}`), undefined);
  });

  it('is not seen in questions with answers to choose from, nor in tasks with examples', () => {
    assert.ok(pastedMaterial(`Classify the following: ${prose}`) !== undefined);
    assert.equal(pastedMaterial(`Classify the following: ${prose}\nA. a ferry\nB. an island`), undefined);
    assert.equal(pastedMaterial(`Count the words in this:\n\n${prose}\nExample 1:\nab cd`), undefined);
    assert.equal(pastedMaterial(`How many ways are there to do this?\n\n${prose}`), undefined);
  });
});
