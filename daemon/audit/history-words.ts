// The user's own words in the content of a message, as every history keeps it: a text, or blocks of several kinds.

import { userWords } from '../classify/last-ask.ts';
import type { ContentPart } from '../conversation/request.ts';
import { arrayOf, objectOf, stringOf } from '../util/json.ts';

export interface HistoryWords {
  /** '' = an assistant, or a tool, wrote all of it. */
  readonly text: string;
  readonly hasImage: boolean;
  /** The result of a tool stands in it. */
  readonly hasResult: boolean;
}

const TEXTS: ReadonlySet<unknown> = new Set(['text', 'input_text']);
const IMAGES: ReadonlySet<unknown> = new Set(['image', 'input_image']);

export function wordsOf(content: unknown): HistoryWords {
  const alone = stringOf(content);
  const blocks = alone === undefined ? arrayOf(content).map(objectOf) : [{ type: 'text', text: alone }];
  const texts = blocks.flatMap((block) => {
    const text = TEXTS.has(block?.['type']) ? stringOf(block?.['text']) : undefined;
    return text === undefined ? [] : [{ type: 'text', text } satisfies ContentPart];
  });
  return {
    text: userWords(texts),
    hasImage: blocks.some((block) => IMAGES.has(block?.['type'])),
    hasResult: blocks.some((block) => block?.['type'] === 'tool_result'),
  };
}
