// The files whose text is in a prompt, as far as that can be told: named before a block of code or in a tag, or read by a
// call. Says "the file does not hold this" only where nothing else explains it.

import { comparable, type PromptMessage, type PromptText } from './prompt-text.ts';
import { splitFences } from './fenced-text.ts';
import { looksLikeCode } from './written-code.ts';

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
    return isNamed && this.#wasRead(name) && this.#isUnlike(oldText);
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
      const tagged = /^[^\n]{0,100}>[ \t]*\r?\n([\s\S]{1,100000}?)<\/\w/.exec(
        message.text.slice(at + name.length),
      );
      if (tagged !== null) return [tagged[1] ?? ''];
      const blocks = fencedCode(message);
      if (blocks.length > 0) return message.text.indexOf('```', at) >= 0 ? blocks : [];
      const rest = message.text.slice(message.text.indexOf('\n', at) + 1);
      return message.text.includes('\n') && looksLikeCode(rest) ? [rest] : [];
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

  /** By a call that asked for the whole file. */
  #wasRead(name: string): boolean {
    const calls = this.#prompt.messages.filter(({ calls }) => calls.includes(name)).map(({ calls }) => calls);
    const isInPart = calls.some((call) =>
      /offset|limit|start|end|range|lines|head|tail|\bsed\b|grep/i.test(call),
    );
    return calls.length > 0 && !isInPart;
  }

  /** Nothing of it is there, or its first and last line are and what lies between is not. */
  #isUnlike(oldText: string): boolean {
    const lines = comparable(oldText)
      .split('\n')
      .filter((line) => line.length > 8);
    const known = lines.map((line) => this.#prompt.holds(line));
    const isMixedUp = known[0] === true && known.at(-1) === true && known.includes(false);
    return lines.length >= 2 && (isMixedUp || !known.includes(true));
  }
}

function fencedCode(message: PromptMessage): readonly string[] {
  return splitFences(message.text)
    .blocks.filter(({ language }) => !/^(?:console|output|log|text|txt|sh|bash|shell|diff)$/.test(language))
    .map(({ code }) => code);
}

function isAbbreviated(code: string): boolean {
  return /^[ \t]*(?:\.\.\.|…|⋮|(?:\/\/|#|\/\*)\s*(?:\.\.\.|…))/m.test(code);
}
