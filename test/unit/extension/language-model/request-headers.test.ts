import assert from 'node:assert/strict';

import {
  requestHeaders,
  sessionId,
  type RequestOrigin,
} from '../../../../extension/language-model/request-headers.ts';
import { assistant, system, text, user } from './parts.ts';

const ORIGIN: RequestOrigin = {
  extensionVersion: '0.1.0',
  initiator: 'github.copilot-chat',
  workspaceName: 'billing-api',
  conversation: null,
};
const OPENER = [system(text('be brief')), user(text('fix the bug'))];

const headersOf = (extra: Partial<RequestOrigin> = {}) => requestHeaders({ ...ORIGIN, ...extra }, OPENER);

describe('headers of a request of the editor', () => {
  it('[A51] say who we are, who asked and in which folder', () => {
    const headers = headersOf();
    assert.equal(headers['user-agent'], 'pointsman-vscode/0.1.0');
    assert.equal(headers['x-pointsman-initiator'], 'github.copilot-chat');
    assert.equal(headers['x-pointsman-workspace'], 'billing-api');
  });

  it('leave out what is not known', () => {
    assert.deepEqual(Object.keys(headersOf({ initiator: null, workspaceName: null })), [
      'user-agent',
      'x-session-id',
    ]);
  });

  it('carry names in any script, and none that would break a header', () => {
    const workspace = (workspaceName: string): string => {
      const value = headersOf({ workspaceName })['x-pointsman-workspace'] ?? '';
      assert.doesNotMatch(value, /[^\t\x20-\x7e\x80-\xff]/);
      return Buffer.from(value, 'latin1').toString();
    };
    assert.equal(workspace('проект'), 'проект');
    assert.equal(workspace('a\r\nx-evil: 1'), 'a x-evil: 1');
    assert.ok(Buffer.byteLength(workspace('я'.repeat(500))) <= 256);
  });

  it('name one conversation for all its turns', () => {
    const later = [...OPENER, assistant(text('done')), user(text('now the next one'))];
    assert.equal(sessionId(ORIGIN, later), sessionId(ORIGIN, OPENER));
  });

  it('name the same conversation where the first answer never came', () => {
    assert.equal(sessionId(ORIGIN, [...OPENER, user(text('hello?'))]), sessionId(ORIGIN, OPENER));
  });

  it('name another conversation for another beginning, and for another extension', () => {
    const ids = [
      sessionId(ORIGIN, OPENER),
      sessionId(ORIGIN, [system(text('be brief')), user(text('fix the other bug'))]),
      sessionId(ORIGIN, [system(text('be long')), user(text('fix the bug'))]),
      sessionId({ ...ORIGIN, initiator: 'someone.else' }, OPENER),
    ];
    assert.equal(new Set(ids).size, ids.length);
  });

  it('go by the name that the extension gives the conversation, whatever it begins with', () => {
    const named = { ...ORIGIN, conversation: 'abc' };
    assert.equal(sessionId(named, OPENER), sessionId(named, [user(text('summary of before'))]));
    assert.notEqual(sessionId(named, OPENER), sessionId({ ...ORIGIN, conversation: 'abd' }, OPENER));
  });

  it('hold no word of a prompt', () => {
    assert.match(sessionId(ORIGIN, OPENER), /^vscode-[\w-]{22}$/);
  });
});
