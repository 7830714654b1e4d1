import assert from 'node:assert/strict';
import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { explainRequest } from '../../../../daemon/pipeline/explain.ts';
import type { Decision } from '../../../../daemon/protocol/exchange-record.ts';
import { ask, rig, type Rig } from './pipeline-rig.ts';

function explained(
  r: Rig,
  body: unknown = ask(),
  headers: ReadonlyMap<string, string> = new Map(),
): Promise<Decision> {
  return explainRequest(r.deps, { dialect: openAiChat, bytes: r.wire(body).bytes, headers });
}

describe('an explanation', () => {
  it('[A47] is the decision with the ask in words and what would flip it', async () => {
    const decision = await explained(rig({ complexity: 'moderate' }));
    assert.deepEqual([decision.chosen, decision.ask.text], ['small', 'what is a heap']);
    assert.ok(decision.wouldFlip.length > 0);
    assert.ok(decision.wouldFlip.every((flip) => flip.to === 'large'));
  });

  it('calls no model, records nothing and tells no one', async () => {
    const r = rig();
    await explained(r);
    assert.deepEqual([r.attempts.length, r.records.length, r.events.length], [0, 0, 0]);
    assert.equal(r.deps.conversations.size, 0);
  });

  it('uses no override up', async () => {
    const r = rig();
    r.deps.overrides.set({ model: 'large', scope: 'next' });
    assert.equal((await explained(r)).chosen, 'large');
    assert.equal((await explained(r)).chosen, 'large');
  });

  it('honours the controls of the request', async () => {
    const decision = await explained(rig(), ask(), new Map([['x-pointsman-model', 'large']]));
    assert.deepEqual([decision.chosen, decision.reason], ['large', 'override']);
  });

  it('says in a note why no model can serve, with each candidate’s reason', async () => {
    const decision = await explained(
      rig(),
      ask('x', { tools: [{ type: 'function', function: { name: 'f' } }] }),
    );
    assert.equal(decision.chosen, '');
    assert.match(decision.notes.at(-1) ?? '', /tools/);
    assert.ok(decision.candidates.every((candidate) => candidate.rejected !== null));
  });

  it('refuses a body that cannot be read, as the request path does', async () => {
    await assert.rejects(explained(rig(), '{'), { code: 'request.malformed' });
  });

  it('refuses a control that cannot be read', async () => {
    const headers = new Map([['x-pointsman-profile', 'cheapest']]);
    await assert.rejects(explained(rig(), ask(), headers), { param: 'x-pointsman-profile' });
  });
});
