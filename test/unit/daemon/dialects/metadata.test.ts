import assert from 'node:assert/strict';

import { addFrameMetadata, addMetadata } from '../../../../daemon/dialects/metadata.ts';
import { createSseParser } from '../../../../daemon/dialects/sse-parser.ts';

const META = { exchange_id: 'x_1' };
const added = (text: string) => addMetadata(Buffer.from(text), META).toString();

function addedToFrame(raw: string): string {
  const [frame] = createSseParser().push(Buffer.from(raw));
  assert.ok(frame);
  return addFrameMetadata(frame, META).toString();
}

describe('metadata', () => {
  it('[A38] adds a member to an answer and changes no other byte', () => {
    assert.equal(
      added('{ "n" : 1e400,\n"a":"\\u00e9" }\n'),
      '{ "n" : 1e400,\n"a":"\\u00e9","_pointsman":{"exchange_id":"x_1"} }\n',
    );
    assert.equal(added('{}'), '{"_pointsman":{"exchange_id":"x_1"}}');
  });

  it('takes the place of a member that the upstream made up', () => {
    assert.equal(added('{"_pointsman":{"saved_usd":9},"a":1}'), '{"_pointsman":{"exchange_id":"x_1"},"a":1}');
  });

  it('leaves an answer alone that is nested deeper than it reads', () => {
    const deep = `{"a":${'['.repeat(200)}${']'.repeat(200)}}`;
    assert.equal(added(deep), deep);
  });

  it('adds the member to the data of an event and keeps the rest of its bytes', () => {
    assert.equal(
      addedToFrame(': c }\r\nevent: x\r\ndata:{"a":1}\r\nid: 7\r\n\r\n'),
      ': c }\r\nevent: x\r\ndata:{"a":1,"_pointsman":{"exchange_id":"x_1"}}\r\nid: 7\r\n\r\n',
    );
  });

  it('writes an event anew when its data came in several lines', () => {
    assert.equal(
      addedToFrame('event: x\ndata: {"a":\ndata: 1}\n\n'),
      'event: x\ndata: {"a":\ndata: 1,"_pointsman":{"exchange_id":"x_1"}}\n\n',
    );
  });
});
