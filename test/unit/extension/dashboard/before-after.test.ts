import assert from 'node:assert/strict';
import type { BeforeAfter } from '../../../../daemon/protocol/control-api.ts';
import { beforeAfterRows, beforeBasis } from '../../../../extension/dashboard/before-after.ts';
import { richTotals } from '../../../dashboard/analysis-data.ts';

function compared(more: Partial<BeforeAfter> = {}): BeforeAfter {
  const { details } = richTotals(null, true);
  assert.ok(details !== undefined);
  return { ...details.beforeAfter, ...more };
}

function row(label: string, of: BeforeAfter = compared()) {
  const found = beforeAfterRows(of, 1328).find((candidate) => candidate.label === label);
  assert.ok(found !== undefined, `no row ${label}`);
  return found;
}

describe('before and after', () => {
  it('[A44] compares cost, time, success, failures, cost per request, cache hits and rating', () => {
    assert.deepEqual(
      beforeAfterRows(compared(), 1328).map(({ label }) => label),
      [
        'Cost a month',
        'Cost per request',
        'Response time, mean',
        'Success rate',
        'Failed requests',
        'Answered from the response cache',
        'Prompts read from providers’ caches',
        'User rating',
      ],
    );
  });

  it('calls a lower cost better and a lower share read from caches worse', () => {
    assert.equal(row('Cost a month').verdict, 'better');
    assert.equal(row('Prompts read from providers’ caches').verdict, 'worse');
  });

  it('calls nothing better or worse where one of the two is unknown', () => {
    const unknown = row('Response time, mean', compared({ meanLatencyMs: { before: null, after: 900 } }));
    assert.equal(unknown.before, 'unknown');
    assert.equal(unknown.verdict, null);
    assert.equal(row('User rating').verdict, null);
  });

  it('calls nothing better that reads the same', () => {
    const same = compared({ successRatio: { before: 0.98401, after: 0.98402 } });
    assert.equal(row('Success rate', same).verdict, null);
  });

  it('says of how many requests so many failed', () => {
    assert.equal(row('Failed requests').before, '4 of 139');
    assert.equal(row('Failed requests').after, '21 of 1,328');
  });

  it('says how many requests the measured figures before rest upon', () => {
    assert.match(beforeBasis(compared()), /those of the 139 requests that it got first\.$/);
    assert.match(beforeBasis(compared({ baselineFirstRequests: 1 })), /those of the one request that/);
    assert.match(
      beforeBasis(compared({ baselineFirstRequests: 0 })),
      /unknown, as it was never asked first\.$/,
    );
  });
});
