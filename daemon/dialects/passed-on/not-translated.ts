// The half of a dialect that turns events into answers, for endpoints whose answers only ever pass on as they are.

import type { ClientCodec } from '../dialect.ts';

export const notTranslated: Pick<ClientCodec, 'encodeResponse' | 'createStreamEncoder'> = {
  encodeResponse: refuse,
  createStreamEncoder: refuse,
};

function refuse(): never {
  throw new Error('answers of this endpoint are never made from events');
}
