import assert from 'node:assert/strict';

import { type EditorModel, editorModels } from '../../../../extension/language-model/model-list.ts';
import { model, statusBody } from '../live-fixtures.ts';

const ofStatus = (...models: readonly ReturnType<typeof model>[]): readonly EditorModel[] =>
  editorModels(statusBody({ models }));

function one(id: string, models: readonly EditorModel[]): EditorModel {
  const found = models.find((candidate) => candidate.id === id);
  assert.ok(found, `${id} is not offered`);
  return found;
}

describe('the models of the editor', () => {
  it('[C1] are the routed ones and each that can be used, under the names of the daemon', () => {
    const models = ofStatus(model('haiku'), model('sonnet'), model('locked', { usable: false }));
    assert.deepEqual(
      models.map(({ id, requestModel }) => [id, requestModel]),
      [
        ['auto', 'auto'],
        ['auto:budget', 'auto:budget'],
        ['auto:quality', 'auto:quality'],
        ['haiku', 'exact/haiku'],
        ['sonnet', 'exact/sonnet'],
      ],
    );
  });

  it('begin, in the order of their names, with the one that routes: a new chat takes the first', () => {
    const names = ofStatus(model('claude-opus'), model('gpt')).map(({ name }) => name);
    assert.equal(names.toSorted((a, b) => a.localeCompare(b))[0], 'Auto (Pointsman)');
  });

  it('are none where no provider can be used', () => {
    assert.deepEqual(ofStatus(model('locked', { usable: false })), []);
    assert.deepEqual(ofStatus(), []);
  });

  it('say what a model costs, in the words of a price list', () => {
    const detail = (inputUsdPerMtok: number | null, outputUsdPerMtok: number | null): string =>
      one('m', ofStatus(model('m', { provider: 'acme', inputUsdPerMtok, outputUsdPerMtok }))).detail;
    assert.equal(detail(4, 20), '$4 in, $20 out per M · acme');
    assert.equal(detail(0.25, 1.5), '$0.25 in, $1.50 out per M · acme');
    assert.equal(detail(0.075, 0.3), '$0.075 in, $0.30 out per M · acme');
    assert.equal(detail(0, 0), '$0 in, $0 out per M · acme');
    assert.equal(detail(null, null), 'price unknown · acme');
  });

  it('say who answers, on what day the price was checked, and what it is trusted with', () => {
    assert.equal(
      one('sonnet', ofStatus(model('sonnet'))).tooltip,
      'up-sonnet at p-sonnet through Pointsman, never another model. $3 per million tokens in, $15 out (checked 2026-11-01). Trusted with moderate tasks.',
    );
  });

  it('name the provider that is out for now, and stay', () => {
    const { detail, tooltip } = one('m', ofStatus(model('m', { health: 'ejected' })));
    assert.match(detail, /out for now$/);
    assert.match(tooltip, /out for now\.$/);
  });

  it('leave room for an answer in the context of a model', () => {
    const sizes = (contextTokens: number, maxOutputTokens: number) => {
      const found = one('m', ofStatus(model('m', { contextTokens, maxOutputTokens })));
      return [found.maxInputTokens, found.maxOutputTokens, found.defaultOutputTokens];
    };
    assert.deepEqual(sizes(200_000, 64_000), [168_000, 64_000, 32_000]);
    assert.deepEqual(sizes(128_000, 8_000), [120_000, 8_000, 8_000]);
    assert.deepEqual(sizes(8_000, 8_000), [4_000, 4_000, 4_000]);
  });

  it('can do what the daemon says that they can', () => {
    const models = ofStatus(
      model('seeing', { supports: ['vision'] }),
      model('calling', { supports: ['tools'] }),
    );
    assert.deepEqual(one('seeing', models).capabilities, { imageInput: true, toolCalling: false });
    assert.deepEqual(one('calling', models).capabilities, { imageInput: false, toolCalling: true });
    assert.deepEqual(one('auto', models).capabilities, { imageInput: true, toolCalling: true });
  });

  it('promise for routing the largest context of a model that does everything else that is promised', () => {
    const all = model('all', { contextTokens: 200_000, supports: ['tools', 'vision'] });
    const long = model('long', { contextTokens: 1_000_000, supports: ['tools'] });
    assert.equal(one('auto', ofStatus(all, long)).maxInputTokens, 184_000);
    // Without a model that does all, the smallest of what each need finds.
    const seeing = model('seeing', { contextTokens: 64_000, supports: ['vision'] });
    assert.equal(one('auto', ofStatus(long, seeing)).maxInputTokens, 48_000);
    assert.equal(one('auto', ofStatus(long)).maxInputTokens, 984_000);
  });

  it('promise for routing no more than fits in the words of the model that has to take it', () => {
    const wordy = model('wordy', { contextTokens: 200_000, maxOutputTokens: 20_000, tokenizerFactor: 1.25 });
    assert.equal(one('auto', ofStatus(wordy)).maxInputTokens, 144_000);
    assert.equal(one('wordy', ofStatus(wordy)).maxInputTokens, 180_000);
    assert.equal(one('wordy', ofStatus(wordy)).tokenizerFactor, 1.25);
  });

  it('have a family by which extensions know how a model likes to edit', () => {
    const models = ofStatus(model('best', { upstreamModel: 'claude-sonnet-5-5' }));
    assert.equal(one('best', models).family, 'claude-sonnet-5-5');
    assert.equal(one('auto', models).family, 'pointsman-auto');
  });

  it('say which profile stands behind auto', () => {
    const { tooltip } = one('auto', editorModels(statusBody({ profile: 'quality' })));
    assert.match(tooltip, /standing profile is quality/);
  });

  it('have ids that cannot be mistaken for one another', () => {
    const ids = ofStatus(model('auto'), model('m')).map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });
});
