import assert from 'node:assert/strict';
import type { AuditReport } from '../../../../daemon/audit/audit-report.ts';
import { auditLines } from '../../../../daemon/cli/audit-text.ts';

const tokens = {
  inputTokens: 1000,
  cacheReadInputTokens: 900,
  cacheCreationInputTokens: 0,
  outputTokens: 10,
  reasoningOutputTokens: 0,
};
const shares = { simple: 0.5, moderate: 0.25, complex: 0.25 };

function report(more: Partial<AuditReport> = {}): AuditReport {
  return {
    requests: 4,
    actualUsd: 12,
    routedUsd: 9,
    shares,
    sources: [
      {
        assistant: 'claude-code',
        requests: 4,
        conversations: 1,
        actualUsd: 12,
        routedUsd: 9,
        savedUsd: 3,
        intervalUsd: [8, 10],
        moved: 1,
        shares,
        tokens,
        models: [
          {
            model: 'claude-opus-5-5',
            requests: 4,
            tokens,
            actualUsd: 12,
            routedUsd: 9,
            savedUsd: 3,
            moved: 1,
          },
        ],
      },
    ],
    savedUsd: 3,
    savedRatio: 0.25,
    intervalUsd: [8, 10],
    moved: 1,
    coverageRatio: 1,
    pricedRequests: 4,
    unpriced: [],
    asks: 2,
    conversations: 1,
    tokens,
    days: 1,
    firstAt: '2026-11-01T10:00:00.000Z',
    lastAt: '2026-11-01T11:00:00.000Z',
    routedTo: [{ model: 'claude-opus-5-5', requests: 4, costUsd: 9 }],
    modelsFrom: 'shipped',
    files: { read: 1, bytes: 10, brokenLines: 0, lines: 5, unreadable: [] },
    isPartial: false,
    notes: [],
    ...more,
  };
}

const text = (more?: Partial<AuditReport>): string => auditLines(report(more)).join('\n');

describe('what an audit says', () => {
  it('[A48] names cost, routed cost with its interval, and the shares', () => {
    assert.match(text(), /^4 requests for 2 asks in 1 conversation on 2026-11-01, from 1 file\n/);
    assert.match(text(), /cost at list prices +12\.0000 \$/);
    assert.match(
      text(),
      /with routing +9\.0000 \$ \(95 %: 8\.0000 \$ to 10\.0000 \$\), another model for 25\.0 %/,
    );
    assert.match(text(), /routing would have saved 3\.0000 \$ \(25\.0 %\)/);
    assert.match(text(), /simple 50\.0 %, moderate 25\.0 %, complex 25\.0 %/);
    assert.match(text(), /90\.0 % of the input tokens/);
  });

  it('tells a loss in words', () => {
    assert.match(
      text({ savedUsd: -2, savedRatio: -0.2 }),
      /routing would have cost 2\.0000 \$ \(20\.0 %\) more/,
    );
  });

  it('claims nothing that is not known', () => {
    const unknown = text({
      actualUsd: null,
      routedUsd: null,
      savedUsd: null,
      savedRatio: null,
      intervalUsd: null,
    });
    assert.match(unknown, /cost at list prices +unknown/);
    assert.match(unknown, /difference +unknown/);
    assert.doesNotMatch(unknown, /NaN|null/);
  });

  it('says what to do where nothing was found', () => {
    const files = { read: 0, bytes: 0, brokenLines: 0, lines: 0, unreadable: [] };
    assert.match(text({ requests: 0, files }), /No history .* was found .*\n.*pointsman audit PATH/);
    assert.match(text({ requests: 0 }), /1 history was found, but no request/);
  });

  it('ends with the remarks', () => {
    assert.match(text({ notes: ['3 broken or half-written lines were left out'] }), /\nnote: 3 broken/);
  });
});
