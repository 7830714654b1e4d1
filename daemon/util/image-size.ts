// Width and height of a picture from the first bytes of its file (PNG, GIF, WebP, JPEG), without decoding it.

export interface ImageSize {
  readonly widthPixels: number;
  readonly heightPixels: number;
}

/** In a JPEG the size stands behind previews and colour profiles. */
const HEAD_BASE64_CHARS = 256 * 1024;

/** Undefined when the format is another one or the head is broken. */
export function sizeOfImage(base64: string): ImageSize | undefined {
  const bytes = Buffer.from(base64.slice(0, HEAD_BASE64_CHARS), 'base64');
  if (bytes.length < 30) return undefined;
  const size = pngSize(bytes) ?? gifSize(bytes) ?? webpSize(bytes) ?? jpegSize(bytes);
  return size === undefined || size.widthPixels === 0 || size.heightPixels === 0 ? undefined : size;
}

function pngSize(bytes: Buffer): ImageSize | undefined {
  if (bytes.readUInt32BE(0) !== 0x89504e47) return undefined;
  return { widthPixels: bytes.readUInt32BE(16), heightPixels: bytes.readUInt32BE(20) };
}

function gifSize(bytes: Buffer): ImageSize | undefined {
  if (bytes.toString('latin1', 0, 4) !== 'GIF8') return undefined;
  return { widthPixels: bytes.readUInt16LE(6), heightPixels: bytes.readUInt16LE(8) };
}

function webpSize(bytes: Buffer): ImageSize | undefined {
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WEBP')
    return undefined;
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8X':
      return { widthPixels: 1 + bytes.readUIntLE(24, 3), heightPixels: 1 + bytes.readUIntLE(27, 3) };
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return { widthPixels: 1 + (bits & 0x3fff), heightPixels: 1 + ((bits >>> 14) & 0x3fff) };
    }
    case 'VP8 ':
      return {
        widthPixels: bytes.readUInt16LE(26) & 0x3fff,
        heightPixels: bytes.readUInt16LE(28) & 0x3fff,
      };
    default:
      return undefined;
  }
}

/** The first start-of-frame segment holds it. */
function jpegSize(bytes: Buffer): ImageSize | undefined {
  if (bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  let position = 2;
  while (position + 9 <= bytes.length && bytes[position] === 0xff) {
    const marker = bytes.readUInt8(position + 1);
    if (isStartOfFrame(marker)) {
      return {
        heightPixels: bytes.readUInt16BE(position + 5),
        widthPixels: bytes.readUInt16BE(position + 7),
      };
    }
    position += 2 + bytes.readUInt16BE(position + 2);
  }
  return undefined;
}

/** C0 to CF are frames, but for the tables among them (C4, C8, CC). */
function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
