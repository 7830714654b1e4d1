import assert from 'node:assert/strict';

import { sizeOfImage } from '../../../../daemon/util/image-size.ts';

const base64 = (...parts: readonly (string | readonly number[])[]): string =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  ).toString('base64');
const padding = Array.from({ length: 30 }, () => 0);

describe('the size of an image', () => {
  const cases: readonly (readonly [string, string, number, number])[] = [
    [
      'PNG',
      base64(
        [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13],
        'IHDR',
        [0, 0, 4, 0, 0, 0, 3, 0],
        padding,
      ),
      1024,
      768,
    ],
    ['GIF', base64('GIF89a', [0x40, 1, 0xf0, 0], padding), 320, 240],
    [
      'JPEG, behind other segments and a table',
      base64(
        [0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc4, 0, 4, 0, 0, 0xff, 0xc2, 0, 17, 8, 2, 0x58, 3, 0x20],
        padding,
      ),
      800,
      600,
    ],
    [
      'WebP',
      base64(
        'RIFF',
        [0, 0, 0, 0],
        'WEBPVP8 ',
        [0, 0, 0, 0, 0, 0, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0],
        padding,
      ),
      320,
      240,
    ],
    [
      'WebP without loss',
      base64('RIFF', [0, 0, 0, 0], 'WEBPVP8L', [0, 0, 0, 0, 0x2f, 0x3f, 0xc1, 0x3b, 0], padding),
      320,
      240,
    ],
    [
      'WebP with extras',
      base64('RIFF', [0, 0, 0, 0], 'WEBPVP8X', [10, 0, 0, 0, 0, 0, 0, 0, 0x3f, 1, 0, 0xef, 0, 0], padding),
      320,
      240,
    ],
  ];
  for (const [name, data, widthPixels, heightPixels] of cases) {
    it(`is read from the head of a ${name}`, () => {
      assert.deepEqual(sizeOfImage(data), { widthPixels, heightPixels });
    });
  }

  it('is not known of other bytes, broken heads and empty images', () => {
    const broken = [
      '',
      'AAAA',
      base64('hello', padding),
      base64([0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff], padding),
    ];
    const segmentWithoutLength = base64(
      [0xff, 0xd8],
      Array.from({ length: 60 }, () => 0xff),
    );
    const empty = base64('GIF89a', [0, 0, 0xf0, 0], padding);
    for (const data of [...broken, segmentWithoutLength, empty]) assert.equal(sizeOfImage(data), undefined);
  });
});
