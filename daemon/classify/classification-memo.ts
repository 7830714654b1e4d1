// Remembers what was said of the latest asks. In a tool loop every request carries the same ask, so all but the first of a
// task would be judged again for nothing. Keys are digests: no word of an ask is kept.

import { createHash } from 'node:crypto';

import type { Classifier, ClassifierResult, RequestFeatures } from './classifier.ts';

/** More tasks at once than one person has. */
const MAX_REMEMBERED = 256;

/**
 * `inner` must answer by nothing but the words, the image, the number of user turns, and what `settings` says, which is
 * asked each time since configuration can change.
 */
export function createMemoClassifier(inner: Classifier, settings: () => number): Classifier {
  const remembered = new Map<string, ClassifierResult>();
  return {
    name: inner.name,
    classify(features, signal) {
      const key = keyOf(features, settings());
      const known = remembered.get(key);
      if (known !== undefined) return known;
      const result = inner.classify(features, signal);
      if (result instanceof Promise) return result;
      const [oldest] = remembered.keys();
      if (remembered.size >= MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
      remembered.set(key, result);
      return result;
    },
  };
}

function keyOf({ ask, earlierAsks, askHasImage, userTurns }: RequestFeatures, settings: number): string {
  const hash = createHash('sha1').update(
    `${settings} ${userTurns} ${askHasImage} ${earlierAsks.length} ${ask.length}\n${ask}`,
  );
  for (const earlier of earlierAsks) hash.update(`\n${earlier.length}\n${earlier}`);
  return hash.digest('base64');
}
