// Hostile changes to recorded traffic: the heavier variant of test/unit/daemon/dialects/hostile-input.test.ts. Its runs
// are multiplied by POINTSMAN_HOSTILE_SCALE.

import assert from 'node:assert/strict';

import { parseJsonObject } from '../../daemon/util/json.ts';
import {
  checkEvents,
  checkFilter,
  checkRequest,
  CLIENTS,
  decodedOrRefused,
  streamEvents,
  UPSTREAMS,
} from '../support/hostile-checks.ts';
import { mutated, Rng, textOf, type Tree } from '../support/hostile-input.ts';
import { loadExchanges, type Exchange } from './wire-fixtures.ts';

const scale = Number(process.env['POINTSMAN_HOSTILE_SCALE'] ?? 1);
/** Larger ones are slow to change and hold nothing that the others do not. */
const MAX_CHARS = 30_000;

describe('hostile changes to recorded traffic', function () {
  this.timeout(600_000);

  for (const client of CLIENTS) {
    it(`in requests of ${client.id} are refused by name or carried to every provider`, function () {
      const bodies = recorded(this, client.id).flatMap(({ requestBody }) =>
        requestBody === undefined || JSON.stringify(requestBody).length > MAX_CHARS
          ? []
          : [requestBody as Tree],
      );
      let decoded = 0;
      for (const [index, body] of bodies.entries()) {
        for (let run = 0; run < 4 * scale; run += 1) {
          const rng = new Rng(index * 1000 + run);
          const text = textOf(mutated(rng, body));
          if (decodedOrRefused(client, text) !== undefined) decoded += 1;
          checkRequest(client, text, rng.below(1000));
        }
      }
      assert.ok(decoded > 0, `${decoded} of ${bodies.length * 4 * scale} were decoded`);
    });
  }

  for (const upstream of UPSTREAMS) {
    it(`in answers of ${upstream.id} become an answer or a failure in every client's words`, function () {
      for (const [index, { responseBody, stream }] of recorded(this, upstream.id).entries()) {
        for (let run = 0; run < 2 * scale; run += 1) {
          const rng = new Rng(index * 1000 + run);
          if (typeof responseBody === 'object') {
            const body = parseJsonObject(textOf(mutated(rng, responseBody as Tree)));
            if (body !== undefined) checkEvents(upstream.decodeResponse(body));
          }
          if (stream === undefined || stream.length > 10 * MAX_CHARS) continue;
          const torn = tornStream(rng, stream);
          checkEvents(streamEvents(upstream, torn));
          checkFilter(upstream, torn);
        }
      }
    });
  }
});

function recorded(context: Mocha.Context, dialect: string): readonly Exchange[] {
  return loadExchanges(dialect) ?? context.skip();
}

/** Events dropped, doubled, moved and changed, and now and then the end cut off in the middle of one. */
function tornStream(rng: Rng, stream: Buffer): Buffer {
  const events = stream.toString().split(/(?<=\n\n|\r\n\r\n)/);
  for (let change = rng.below(4); change >= 0 && events.length > 0; change -= 1) {
    const at = rng.below(events.length);
    const event = events[at] ?? '';
    const data = /^data: ?(\{.*\})\r?$/m.exec(event)?.[1];
    const value = data === undefined ? undefined : parseJsonObject(data);
    if (rng.below(3) > 0 && data !== undefined && value !== undefined) {
      events[at] = event.replace(data, () => textOf(mutated(rng, value as Tree)));
    } else {
      events.splice(at, 1);
      const place = rng.below(events.length + 1);
      if (rng.below(2) === 0) events.splice(place, 0, event, event);
    }
  }
  const bytes = Buffer.from(events.join(''));
  return rng.below(3) === 0 ? bytes.subarray(0, rng.below(bytes.length + 1)) : bytes;
}
