// What is done to good JSON and good bytes, as arbitraries of fast-check: a failing case shrinks to the few edits that
// it takes. Applying the same edits to the same seed always gives the same bytes.

import * as fc from 'fast-check';
import { nested, type Tree } from '../support/hostile-input.ts';

/** Text that stands in JSON as it is, though `JSON.stringify` would write it otherwise or not at all. */
class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Node = null | boolean | number | string | Raw | Node[] | Member[] | { members: Member[] };
/** Objects are lists of members, so that a key can stand there twice. */
interface Member {
  key: string;
  value: Node;
}

const ODD_KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '',
  '\ud800',
  'a\u0000b',
  'model',
  'stream',
  'type',
  'role',
  'content',
];
const WORDS = [
  'system',
  'developer',
  'user',
  'assistant',
  'model',
  'tool',
  'function',
  '__proto__',
  'text',
  'image_url',
  'tool_use',
  'tool_result',
  'thinking',
  'reasoning',
  'function_call',
  'item_reference',
  'message',
  'none',
  'auto',
  'required',
  'json_object',
];
const RAW_TEXTS = [
  '1e400',
  '-1e400',
  '-0',
  '1E-400',
  '12345678901234567890123',
  '0.1e1',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000"',
  '"\\/\\b\\f"',
  '1e5',
  '-9007199254740993',
  '01',
  '+1',
  'NaN',
  'tru',
  "'x'",
  '"\u0001"',
  '{"a":1,}',
  '[1,]',
  '/**/1',
  '"\\x"',
  '"\\u12"',
];

/** Few, since fast-check turns all of Unicode over before its first text: three seconds of every start. */
const oddCharacter = fc.constantFrom(
  ...Array.from('aZ09 _-."\\/{}[]:,<>%&\n\r\t\u0000\u001f\u007f\u0080\u00e9\u2028\ufeff\ufffe\uffff\u202e'),
  '\ud800',
  '\udfff',
  '\u{10ffff}',
  '\u{1f4a5}',
);

const oddText = fc.oneof(
  fc.string({ unit: oddCharacter, maxLength: 12 }),
  fc.constantFrom(
    '',
    ' ',
    '\ud83d',
    '\udc00x',
    '\u0000',
    '\ufeff',
    '\u2028',
    '💥'.repeat(40),
    'x'.repeat(3000),
    'data:;base64,',
    'data:image/png;base64,////',
    '{"a":',
    '{"__proto__":{"polluted":true}}',
    'a'.repeat(300),
  ),
);

/** A value that stands where another one is expected. */
const oddValue: fc.Arbitrary<Node> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom<Node>(null, true, false, 0, -1, 0.5, 1e308, -1e-320, 2 ** 53, 4_000_000_000),
  },
  { weight: 3, arbitrary: oddText },
  { weight: 3, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 2, arbitrary: fc.constantFrom(...RAW_TEXTS).map((text): Node => new Raw(text)) },
  {
    weight: 2,
    arbitrary: fc.jsonValue({ maxDepth: 2, stringUnit: oddCharacter }).map((value) => nodeOf(value as Tree)),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 200 }).map((depth) => nodeOf(nested(depth))) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(2000, 20_000)
      .map((depth): Node => new Raw('['.repeat(depth) + ']'.repeat(depth))),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(30_000, 200_000).map((length): Node => 'long '.repeat(length / 5)),
  },
);

/** One change of a tree; `at` chooses the place among all there are. */
const treeEdit = fc.record({
  at: fc.nat(),
  other: fc.nat(),
  kind: fc.constantFrom(
    'put',
    'put',
    'put',
    'delete',
    'double',
    'rename',
    'copy',
    'swap',
    'repeat',
    'wrap',
    'flatten',
    'add',
    'word',
  ),
  value: oddValue,
  key: fc.constantFrom(...ODD_KEYS),
});
export type TreeEdit = typeof treeEdit extends fc.Arbitrary<infer Edit> ? Edit : never;

const byteEdit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  kind: fc.constantFrom('flip', 'cut', 'insert', 'remove', 'splice', 'end', 'front'),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc
      .constantFrom('\ufeff', '\u0000', '\r\n', '{', '}', '[', ']', '"', '\\', ',', ':', '\n\n', 'data: ')
      .map((text) => Buffer.from(text)),
    fc
      .constantFrom([0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82])
      .map((bytes) => Uint8Array.from(bytes)),
  ),
  length: fc.integer({ min: 1, max: 40 }),
});
export type ByteEdit = typeof byteEdit extends fc.Arbitrary<infer Edit> ? Edit : never;

/** Mostly changes of the tree, sometimes of the bytes, seldom both. */
export const edits = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({
      tree: fc.array(treeEdit, { minLength: 1, maxLength: 4 }),
      bytes: fc.constant<ByteEdit[]>([]),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      tree: fc.constant<TreeEdit[]>([]),
      bytes: fc.array(byteEdit, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      tree: fc.array(treeEdit, { minLength: 1, maxLength: 2 }),
      bytes: fc.array(byteEdit, { minLength: 1, maxLength: 1 }),
    }),
  },
);
export type Edits = typeof edits extends fc.Arbitrary<infer All> ? All : never;
export { byteEdit, treeEdit };

function isMembers(node: Node): node is { members: Member[] } {
  return node !== null && typeof node === 'object' && 'members' in node;
}

function nodeOf(tree: Tree): Node {
  if (Array.isArray(tree)) return tree.map(nodeOf);
  if (tree === null || typeof tree !== 'object') return tree;
  return { members: Object.keys(tree).map((key) => ({ key, value: nodeOf(tree[key] ?? null) })) };
}

function textOf(node: Node): string {
  if (node instanceof Raw) return node.text;
  if (Array.isArray(node)) return `[${(node as Node[]).map(textOf).join(',')}]`;
  if (!isMembers(node)) return JSON.stringify(node);
  return `{${node.members.map(({ key, value }) => `${JSON.stringify(key)}:${textOf(value)}`).join(',')}}`;
}

/** Where a value stands, and what can be done there. */
interface Place {
  get(): Node;
  set(value: Node): void;
  readonly list: Node[] | Member[];
  readonly index: number;
  readonly isMember: boolean;
}

function placesIn(root: Node): Place[] {
  const places: Place[] = [];
  const visit = (node: Node): void => {
    if (node instanceof Raw) return;
    if (Array.isArray(node)) {
      const list = node as Node[];
      for (let index = 0; index < list.length; index += 1) {
        places.push({
          get: () => list[index] ?? null,
          set: (value) => (list[index] = value),
          list,
          index,
          isMember: false,
        });
        visit(list[index] ?? null);
      }
    } else if (isMembers(node)) {
      const list = node.members;
      for (const [index, member] of list.entries()) {
        places.push({
          get: () => member.value,
          set: (value) => (member.value = value),
          list,
          index,
          isMember: true,
        });
        visit(member.value);
      }
    }
  };
  visit(root);
  return places;
}

/** A tree with its edits made, as JSON text (or what was JSON before). `seedText` is good JSON. */
export function editedText(seedText: string, changes: readonly TreeEdit[]): string {
  if (changes.length === 0) return seedText;
  const root = { members: [{ key: '', value: nodeOf(JSON.parse(seedText) as Tree) }] };
  for (const change of changes) {
    const places = placesIn(root);
    // Never the root itself but where nothing else is left.
    const place = places[places.length === 1 ? 0 : 1 + (change.at % (places.length - 1))];
    const other = places[change.other % places.length];
    if (place !== undefined && other !== undefined) applyTree(change, place, other);
  }
  return textOf(root.members[0]?.value ?? null);
}

function copyOf(node: Node): Node {
  if (node instanceof Raw) return node;
  if (Array.isArray(node)) return (node as Node[]).map(copyOf);
  if (!isMembers(node)) return node;
  return { members: node.members.map(({ key, value }) => ({ key, value: copyOf(value) })) };
}

function applyTree({ kind, value, key, other: number }: TreeEdit, place: Place, other: Place): void {
  const { list, index, isMember } = place;
  const member = isMember ? (list as Member[])[index] : undefined;
  switch (kind) {
    case 'delete':
      return void list.splice(index, 1);
    case 'double': {
      const copy = copyOf(place.get());
      if (member === undefined) return void (list as Node[]).splice(index, 0, copy);
      return void (list as Member[]).push({ key: member.key, value: number % 2 === 0 ? copy : value });
    }
    case 'rename':
      if (member !== undefined) member.key = key;
      return;
    case 'copy':
      return place.set(copyOf(other.get()));
    case 'swap':
      if (list.length > 1) list.reverse();
      return;
    case 'repeat': {
      if (isMember) return place.set(Array.from({ length: 3 }, () => copyOf(place.get())));
      const isSmall = textOf(place.get()).length < 1000; // megabytes would only be slow
      const times = number % 20 === 0 && isSmall ? 300 : 4;
      return void (list as Node[]).splice(
        index,
        0,
        ...Array.from({ length: times }, () => copyOf(place.get())),
      );
    }
    case 'wrap':
      return place.set(
        number % 2 === 0 ? [copyOf(place.get())] : { members: [{ key, value: copyOf(place.get()) }] },
      );
    case 'flatten': {
      const inner = place.get();
      return place.set(
        isMembers(inner)
          ? (inner.members[0]?.value ?? null)
          : Array.isArray(inner)
            ? ((inner as Node[])[0] ?? null)
            : JSON.stringify(inner),
      );
    }
    case 'add':
      return void (isMember ? (list as Member[]).push({ key, value }) : (list as Node[]).push(value));
    case 'word':
      return place.set(WORDS[number % WORDS.length] ?? '');
    default:
      return place.set(value);
  }
}

/** Bytes with their edits made; `foreign` is where splices come from. */
export function editedBytes(seed: Buffer, changes: readonly ByteEdit[], foreign: Buffer): Buffer {
  let bytes = seed;
  for (const { at, kind, bytes: more, length } of changes) {
    const from = Math.floor(at * bytes.length);
    const front = bytes.subarray(0, from);
    switch (kind) {
      case 'flip':
        bytes = Buffer.from(bytes);
        if (bytes.length > 0) bytes[from] = (bytes[from] ?? 0) ^ (1 << (length % 8));
        break;
      case 'cut':
        bytes = front;
        break;
      case 'insert':
        bytes = Buffer.concat([front, more, bytes.subarray(from)]);
        break;
      case 'remove':
        bytes = Buffer.concat([front, bytes.subarray(from + length)]);
        break;
      case 'splice': {
        const start = Math.floor(at * foreign.length);
        bytes = Buffer.concat([front, foreign.subarray(start, start + length * 8), bytes.subarray(from)]);
        break;
      }
      case 'end':
        bytes = Buffer.concat([bytes, more]);
        break;
      default:
        bytes = Buffer.concat([more, bytes]);
    }
  }
  return bytes;
}
