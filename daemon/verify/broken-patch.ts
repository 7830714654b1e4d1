// Whether a patch of an answer can apply: unified diffs, SEARCH/REPLACE blocks, the `apply_patch` format and edits by
// call. Its shape is always checked; its context only against files whose text is in the prompt and was not edited since.

import type { AnswerFinding } from './answer-check.ts';
import { GivenFiles } from './given-files.ts';
import { patchSections, type PatchSection } from './patch-sections.ts';
import type { AnswerSubject } from './subject.ts';
import { editsOf, patchOf } from './written-code.ts';

const MAX_SECTIONS = 25;

export function brokenPatch(subject: AnswerSubject): AnswerFinding | null {
  const sections = sectionsOf(subject).slice(0, MAX_SECTIONS);
  if (sections.length === 0) return null;
  if (sections.some(({ isWellFormed }) => !isWellFormed)) {
    return { kind: 'patch-does-not-apply', why: 'wrote a patch whose form is broken' };
  }
  const files = new GivenFiles(subject.prompt);
  const isForeign = sections.some(({ path, oldText }) => oldText.trim() !== '' && files.lacks(path, oldText));
  return isForeign
    ? { kind: 'patch-does-not-apply', why: 'wrote a patch for lines that are not in the file' }
    : null;
}

function sectionsOf({ answer, fenced, hasNoEnd }: AnswerSubject): readonly PatchSection[] {
  if (hasNoEnd) return [];
  const sections = [...patchSections(answer.text)];
  for (const block of fenced.blocks) {
    // Patches in fences are in the text as well; only those that Markdown indented are not.
    if (sections.length === 0) sections.push(...patchSections(block.code));
  }
  for (const call of answer.calls) {
    const patch = patchOf(call);
    if (patch !== null) sections.push(...patchSections(patch));
    for (const { path, oldText } of editsOf(call)) {
      if (oldText !== undefined) sections.push({ path, oldText, isWellFormed: true });
    }
  }
  return sections;
}
