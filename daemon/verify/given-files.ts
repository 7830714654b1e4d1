// The files whose text is in a prompt, as far as that can be told: named before a block of code or in a tag, or read by a
// call. Says "the file does not hold this" only where nothing else explains it.

import { comparable, type PromptMessage, type PromptText } from './prompt-text.ts';
import { splitFences } from './fenced-text.ts';

export class GivenFiles {
  readonly #prompt: PromptText;
  #blocks: readonly string[] | undefined;

  constructor(prompt: PromptText) {
    this.#prompt = prompt;
  }

  /** The file is in the prompt, and these lines are not in it. False where that cannot be known. */
  lacks(path: string, oldText: string): boolean {
    if (!this.#prompt.isWhole || this.#prompt.holds(oldText)) return false;
    const name = path.split(/[\\/]/).at(-1) ?? '';
    if (name !== '' && this.#isEdited(name)) return false;
    const isNamed = name !== '' && this.#prompt.messages.some((message) => message.text.includes(name));
    const blocks = isNamed ? this.#blocksNamed(name) : this.#onlyBlocks();
    if (blocks.length > 0) return !blocks.some(isAbbreviated);
    return isNamed && this.#mixesUp(name, oldText);
  }

  /** A call of the model's changed it, so that what was read is old. */
  #isEdited(name: string): boolean {
    return this.#prompt.messages.some(
      ({ role, calls, text }) =>
        role === 'assistant' &&
        ((calls.includes(name) &&
          /old_str|new_str|oldText|\*\*\* |content|patch|sed |tee |>|write/i.test(calls)) ||
          (text.includes(name) && /^(?:<{5,9} ?SEARCH|@@ )|REPLACE$/m.test(text))),
    );
  }

  /** Fenced or tagged text of user messages (and systems'), the name shortly before it. */
  #blocksNamed(name: string): readonly string[] {
    return this.#prompt.messages.flatMap((message) => {
      if (message.role === 'assistant' || message.role === 'tool') return [];
      const at = message.text.indexOf(name);
      if (at < 0) return [];
      const tagged = /^[^\n]{0,100}>\s*\n([\s\S]{1,100000}?)<\/\w/.exec(message.text.slice(at + name.length));
      if (tagged !== null) return [tagged[1] ?? ''];
      const blocks = fencedCode(message);
      return blocks.length > 0 && message.text.indexOf('```', at) >= 0 ? blocks : [];
    });
  }

  /** A patch that names no file of the prompt, in a conversation that began with code and little else. */
  #onlyBlocks(): readonly string[] {
    const users = this.#prompt.messages.filter(({ role }) => role === 'user');
    const hasOthers = this.#prompt.messages.some(({ role }) => role === 'assistant' || role === 'tool');
    if (users.length !== 1 || hasOthers) return [];
    this.#blocks ??= users.flatMap(fencedCode).filter((code) => comparable(code).split('\n').length >= 3);
    return this.#blocks;
  }

  /** Read by a call, perhaps in part: only lines that are there, and do not follow each other as the patch says, count. */
  #mixesUp(name: string, oldText: string): boolean {
    if (!this.#prompt.messages.some(({ role, calls }) => role === 'assistant' && calls.includes(name)))
      return false;
    const lines = comparable(oldText).split('\n');
    const known = lines.map((line) => line.length > 8 && this.#prompt.holds(line));
    return lines.length >= 2 && known[0] === true && known.at(-1) === true && known.includes(false);
  }
}

function fencedCode(message: PromptMessage): readonly string[] {
  return splitFences(message.text)
    .blocks.filter(({ language }) => !/^(?:console|output|log|text|txt|sh|bash|shell|diff)$/.test(language))
    .map(({ code }) => code);
}

function isAbbreviated(code: string): boolean {
  return /^\s*(?:\.\.\.|…|⋮|(?:\/\/|#|\/\*)\s*(?:\.\.\.|…))/m.test(code);
}
