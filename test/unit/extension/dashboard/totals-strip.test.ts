import assert from 'node:assert/strict';
import { EVERYTHING } from '../../../../extension/dashboard/page-filter.ts';
import { stripField, stripFigures, stripSums } from '../../../../extension/dashboard/totals-strip.ts';
import { sampleHistory } from '../../../dashboard/sample-history.ts';
import { sampleTotals } from '../../../dashboard/sample-totals.ts';

const SUMS = {
  requests: 10,
  pricedRequests: 9,
  comparableRequests: 8,
  costUsd: 2,
  estimatedCostUsd: 0,
  baselineCostUsd: 5,
  savedUsd: 3.25,
};

const valueOf = (id: string, sums = SUMS): string | undefined =>
  stripFigures(sums).find((figure) => figure.id === id)?.value;
const noteOf = (id: string, sums = SUMS): string | null | undefined =>
  stripFigures(sums).find((figure) => figure.id === id)?.note;

describe('totals strip', () => {
  it('[A40] shows the running total saved, signed, with its share of the baseline', () => {
    assert.equal(valueOf('saved'), '+$3.25');
    assert.equal(noteOf('saved'), '+65.0 % of the baseline');
    const loss = { ...SUMS, savedUsd: -1 };
    assert.equal(valueOf('saved', loss), '-$1.00');
    assert.equal(noteOf('saved', loss), '-20.0 % of the baseline');
  });

  it('shows which share of the requests is priced and compared', () => {
    assert.equal(valueOf('coverage'), '80.0 %');
    assert.equal(noteOf('requests'), '1 of unknown cost');
  });

  it('says unknown where no request is priced, and nothing is claimed where none is comparable', () => {
    const unpriced = { ...SUMS, pricedRequests: 0, comparableRequests: 0, costUsd: 0, savedUsd: 0 };
    assert.equal(valueOf('spent', unpriced), 'unknown');
    assert.equal(valueOf('saved', unpriced), 'unknown');
    assert.equal(valueOf('baseline', unpriced), 'unknown');
  });

  it('says how much of the cost rests on estimates', () => {
    assert.equal(noteOf('spent'), null);
    assert.equal(noteOf('spent', { ...SUMS, estimatedCostUsd: 0.5 }), '$0.50 of it estimated');
  });

  it('shows the group of the one field that is narrowed, and everything where several are', () => {
    const totals = sampleTotals(sampleHistory({ count: 100, newestAtMs: 0 }), 'client');
    const one = { ...EVERYTHING, client: 'codex' };
    const group = totals.groups.find(({ key }) => key === 'codex');
    assert.equal(stripField(one), 'client');
    assert.equal(stripSums(totals, one).costUsd, group?.costUsd);
    const several = { ...one, task: 'code' };
    assert.equal(stripField(several), null);
    assert.equal(stripSums(totals, several).costUsd, totals.costUsd);
    assert.equal(stripSums(totals, { ...EVERYTHING, client: 'nobody' }).requests, 0);
  });
});
