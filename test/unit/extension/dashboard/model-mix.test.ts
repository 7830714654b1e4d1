import assert from 'node:assert/strict';
import { MIX_COLOURS, mixBars, mixRows } from '../../../../extension/dashboard/model-mix.ts';
import { richStatus, richTotals } from '../../../dashboard/analysis-data.ts';

const rows = mixRows(richTotals('model'), 'model', richStatus().models);

describe('the mix of models', () => {
  it('[A42] [A43] shows per model its share of requests, tokens and spend, its price and its saving', () => {
    const flash = rows.find(({ key }) => key === 'deepseek-flash');
    assert.equal(flash?.requestShare, 0.46);
    assert.equal(flash?.tokenShare, 0.31);
    assert.equal(flash?.spendShare, 0.06);
    assert.equal(flash?.inputUsdPerMtok, 0.14);
    assert.equal(flash?.outputUsdPerMtok, 0.28);
    assert.ok((flash?.savedUsd ?? 0) > 0);
  });

  it('leaves unknown what nobody knows, and never calls it zero', () => {
    const lost = rows.find(({ key }) => key === 'unknown');
    assert.equal(lost?.label, 'No answer');
    assert.equal(lost?.costUsd, null);
    assert.equal(lost?.spendShare, null);
    assert.equal(lost?.savedUsd, null);
  });

  it('puts the model with most requests first, and the newest day', () => {
    assert.equal(rows[0]?.key, 'deepseek-flash');
    assert.equal(mixRows(richTotals('day'), 'day', [])[0]?.key, '2026-11-21');
  });

  it('draws three bars in which a model keeps its colour', () => {
    const bars = mixBars(rows);
    assert.deepEqual(
      bars.map(({ label }) => label),
      ['Requests', 'Tokens', 'Spend'],
    );
    const colours = bars.map(({ segments }) => segments.find(({ label }) => label === 'claude-opus')?.colour);
    assert.equal(new Set(colours).size, 1);
  });

  it('gives a colour also to a model that matters by spend alone', () => {
    const opus = mixBars(rows)[0]?.segments.find(({ label }) => label === 'claude-opus');
    assert.equal(opus?.colour, 1);
  });

  it('puts what is beyond the colours into one segment, so that each bar stays whole', () => {
    const [requests] = mixBars(rows);
    assert.equal(requests?.segments.length, MIX_COLOURS + 1);
    const sum = requests?.segments.reduce((total, { share }) => total + share, 0) ?? 0;
    assert.ok(Math.abs(sum - 1) < 1e-9);
  });

  it('says each bar in a sentence', () => {
    assert.match(mixBars(rows)[2]?.sentence ?? '', /^Spend: claude-opus 61\.0 %, deepseek-flash 6\.0 %/);
    assert.equal(mixBars([])[0]?.sentence, 'Requests: nothing counted yet');
  });
});
