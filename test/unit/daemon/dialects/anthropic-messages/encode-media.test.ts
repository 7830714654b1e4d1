import assert from 'node:assert/strict';

import type { ContentPart } from '../../../../../daemon/conversation/request.ts';
import {
  encodeDocument,
  encodeImage,
} from '../../../../../daemon/dialects/anthropic-messages/encode-media.ts';
import { Losses } from '../../../../../daemon/dialects/losses.ts';

function image(source: Extract<ContentPart, { type: 'image' }>['source']) {
  const losses = new Losses();
  return [encodeImage({ type: 'image', source }, losses)[0]?.['source'], losses.list().length];
}

function document(source: Extract<ContentPart, { type: 'document' }>['source'], fileName?: string) {
  const losses = new Losses();
  const part = { type: 'document', source, ...(fileName === undefined ? {} : { fileName }) } as const;
  return [encodeDocument(part, losses)[0]?.['source'], losses.list().length];
}

describe('anthropic-messages encoding of pictures and documents', () => {
  it('takes pictures of the kinds that Anthropic knows', () => {
    assert.deepEqual(image({ kind: 'url', url: 'https://x/a' }), [{ type: 'url', url: 'https://x/a' }, 0]);
    assert.deepEqual(image({ kind: 'base64', mediaType: 'image/jpg', data: 'AA' }), [
      { type: 'base64', media_type: 'image/jpeg', data: 'AA' },
      0,
    ]);
    assert.deepEqual(image({ kind: 'base64', mediaType: 'image/bmp', data: 'AA' }), [undefined, 1]);
    assert.deepEqual(image({ kind: 'url', url: 'file:///etc/passwd' }), [undefined, 1]);
  });

  it('names the detail that a picture should be looked at with', () => {
    const losses = new Losses();
    const source = { kind: 'url', url: 'https://x/a' } as const;
    encodeImage({ type: 'image', source, detail: 'auto' }, losses);
    assert.deepEqual(losses.list(), []);
    encodeImage({ type: 'image', source, detail: 'high' }, losses);
    assert.match(losses.list().join(), /the detail of an image/);
  });

  it('takes PDFs, also where the client did not say that it is one', () => {
    const pdf = { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0' };
    assert.deepEqual(document({ kind: 'base64', mediaType: '', data: 'JVBERi0' }), [pdf, 0]);
    assert.deepEqual(document({ kind: 'base64', mediaType: '', data: 'AA' }, 'A.PDF'), [
      { ...pdf, data: 'AA' },
      0,
    ]);
  });

  it('takes text of any kind as text, and nothing else', () => {
    const data = Buffer.from('a,b').toString('base64');
    assert.deepEqual(document({ kind: 'base64', mediaType: 'text/csv', data }), [
      { type: 'text', media_type: 'text/plain', data: 'a,b' },
      0,
    ]);
    assert.deepEqual(document({ kind: 'base64', mediaType: 'application/zip', data }), [undefined, 1]);
    assert.deepEqual(document({ kind: 'file-id', fileId: 'f' }), [undefined, 1]);
  });
});
