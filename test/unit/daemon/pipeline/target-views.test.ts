import assert from 'node:assert/strict';

import { openAiChat } from '../../../../daemon/dialects/openai-chat/dialect.ts';
import { SignedHistoryVault } from '../../../../daemon/pipeline/signed-history.ts';
import type { ContinuedRequest } from '../../../../daemon/pipeline/stored-response.ts';
import { TargetViews } from '../../../../daemon/pipeline/target-views.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';
import { ask, LARGE, SMALL, tableOf } from './pipeline-rig.ts';

describe('TargetViews', () => {
  it('[B8] tells each target the effort that the plan has for it, and no other one', () => {
    const request = openAiChat.decodeRequest(parseRequestBody(Buffer.from(JSON.stringify(ask()))));
    const earlier: ContinuedRequest = {
      request,
      own: request,
      requestFor: () => request,
      able: (targets) => targets,
    };
    const views = new TargetViews({
      vault: new SignedHistoryVault(),
      earlier,
      conversationId: 'c',
      snapshot: { table: tableOf([SMALL, LARGE]), connections: new Map() },
      plan: { efforts: { large: 'low' } },
    });
    assert.equal(views.forTarget(LARGE).effort, 'low');
    assert.equal('effort' in views.forTarget(SMALL), false);
  });
});
