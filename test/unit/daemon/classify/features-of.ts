// Features of a bare ask for tests of classifiers.

import type { RequestFeatures } from '../../../../daemon/classify/classifier.ts';

export function featuresOf(ask: string, more: Partial<RequestFeatures> = {}): RequestFeatures {
  return {
    client: 'unknown',
    ask,
    earlierAsks: [],
    userTurns: 1,
    messageCount: 1,
    inputTokens: 100,
    maxOutputTokens: undefined,
    needs: [],
    toolCount: 0,
    isToolResult: false,
    askHasImage: false,
    wantsJson: false,
    ...more,
  };
}
