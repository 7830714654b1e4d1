import assert from 'node:assert/strict';
import { ResponseMemory, type NewAnswer } from '../../../../daemon/pipeline/response-memory.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

const MAKER = { provider: 'openai', model: 'gpt' };

function answer(id: string, items: readonly string[] | null, more: Partial<NewAnswer> = {}): NewAnswer {
  return {
    id,
    previousId: undefined,
    maker: MAKER,
    isStoredByMaker: false,
    items: items === null ? null : items.map((item) => Buffer.from(item)),
    ...more,
  };
}

function itemsOf(memory: ResponseMemory, id: string, session?: object): readonly string[] | null | undefined {
  return memory.lookup(id, session)?.items?.map(String) ?? (memory.lookup(id, session) && null);
}

describe('pipeline/response-memory', () => {
  it('gives back the items of a whole chain in the order of the conversation', () => {
    const memory = new ResponseMemory(createVirtualClock());
    memory.remember(answer('a', ['1', '2']));
    memory.remember(answer('b', ['3'], { previousId: 'a' }));
    memory.remember(answer('c', ['4', '5'], { previousId: 'b' }));
    assert.deepEqual(itemsOf(memory, 'c'), ['1', '2', '3', '4', '5']);
    assert.deepEqual(itemsOf(memory, 'a'), ['1', '2']);
  });

  it('says who made an answer and whether that one has it too', () => {
    const memory = new ResponseMemory(createVirtualClock());
    memory.remember(answer('a', ['1'], { isStoredByMaker: true }));
    const { maker, isStoredByMaker } = memory.lookup('a') ?? {};
    assert.deepEqual({ maker, isStoredByMaker }, { maker: MAKER, isStoredByMaker: true });
  });

  it('lets two answers go on from the same one', () => {
    const memory = new ResponseMemory(createVirtualClock());
    memory.remember(answer('a', ['1']));
    memory.remember(answer('b', ['2'], { previousId: 'a' }));
    memory.remember(answer('c', ['3'], { previousId: 'a' }));
    assert.deepEqual(
      [itemsOf(memory, 'b'), itemsOf(memory, 'c')],
      [
        ['1', '2'],
        ['1', '3'],
      ],
    );
  });

  it('costs the length of a chain, not its square', () => {
    const memory = new ResponseMemory(createVirtualClock());
    const item = (index: number): string => `"${String(index).padStart(4, '0').repeat(250)}"`;
    for (let index = 0; index < 100; index += 1) {
      const previousId = index === 0 ? undefined : `r${index - 1}`;
      memory.remember(answer(`r${index}`, [item(index)], { previousId }));
    }
    assert.ok(memory.bytes < 100 * 2_000, String(memory.bytes));
    assert.equal(itemsOf(memory, 'r99')?.length, 100);
  });

  it('keeps an item once when a client sends the whole conversation every time', () => {
    const memory = new ResponseMemory(createVirtualClock());
    const items = Array.from({ length: 100 }, (_, index) => `"${'x'.repeat(1_000)}${index}"`);
    for (let count = 1; count <= 100; count += 1) memory.remember(answer(`r${count}`, items.slice(0, count)));
    assert.ok(memory.bytes < 100 * 2_200, String(memory.bytes));
    assert.deepEqual(itemsOf(memory, 'r100'), items);
  });

  it('finds an item of an answer by its own id, as long as the answer is known', () => {
    const clock = createVirtualClock();
    const memory = new ResponseMemory(clock, { maxEntries: 1 });
    const byId = new Map([
      ['msg_1', Buffer.from('"said"')],
      ['rs_1', null],
    ]);
    memory.remember(answer('a', ['"said"'], { byId }));
    assert.equal(memory.lookupItem('msg_1')?.bytes?.toString(), '"said"');
    assert.deepEqual(memory.lookupItem('rs_1'), { maker: MAKER, isStoredByMaker: false, bytes: null });
    assert.equal(memory.lookupItem('msg_2'), undefined);
    memory.remember(answer('b', ['2']));
    assert.equal(memory.lookupItem('msg_1'), undefined);
  });

  it('gives an item of a connection to nobody else', () => {
    const memory = new ResponseMemory(createVirtualClock());
    const session = {};
    memory.remember(answer('a', ['1'], { session, byId: new Map([['msg_1', Buffer.from('1')]]) }));
    assert.equal(memory.lookupItem('msg_1'), undefined);
    assert.equal(memory.lookupItem('msg_1', session)?.bytes?.toString(), '1');
  });

  it('has nothing left once everything is forgotten', () => {
    const memory = new ResponseMemory(createVirtualClock(), { maxEntries: 0 });
    memory.remember(answer('a', ['1'], { byId: new Map([['msg_1', Buffer.from('1')]]) }));
    assert.equal(memory.bytes, 0);
  });

  it('does not hold on to the bytes that it was given', () => {
    const memory = new ResponseMemory(createVirtualClock());
    const body = Buffer.from('["first"]');
    memory.remember({ ...answer('a', []), items: [body.subarray(1, 8)] });
    body.fill(0x20);
    assert.deepEqual(itemsOf(memory, 'a'), ['"first"']);
  });

  it('keeps no more memory alive than an item is long', () => {
    const memory = new ResponseMemory(createVirtualClock());
    memory.remember(answer('a', ['"a small item"']));
    const [item] = memory.lookup('a')?.items ?? [];
    assert.equal(item?.buffer.byteLength, item?.length);
  });

  it('forgets the longest unused conversation first when there are too many bytes', () => {
    const memory = new ResponseMemory(createVirtualClock(), { maxBytes: 4_000 });
    memory.remember(answer('old', [`"${'o'.repeat(1_000)}"`]));
    memory.remember(answer('used', [`"${'u'.repeat(1_000)}"`]));
    memory.lookup('old');
    memory.remember(answer('new', [`"${'n'.repeat(1_000)}"`]));
    assert.equal(memory.lookup('used'), undefined);
    assert.equal(itemsOf(memory, 'old')?.length, 1);
    assert.equal(itemsOf(memory, 'new')?.length, 1);
    assert.ok(memory.bytes <= 4_000);
  });

  it('forgets all that rests on an answer together with it', () => {
    const memory = new ResponseMemory(createVirtualClock());
    memory.remember(answer('a', ['1']));
    memory.remember(answer('b', ['2'], { previousId: 'a' }));
    memory.remember(answer('c', ['3'], { previousId: 'b' }));
    memory.remember(answer('a', ['other']));
    assert.deepEqual(itemsOf(memory, 'a'), ['other']);
    assert.equal(memory.lookup('b'), undefined);
    assert.equal(memory.lookup('c'), undefined);
    assert.equal(memory.entryCount, 1);
  });

  it('keeps no more entries than it may', () => {
    const memory = new ResponseMemory(createVirtualClock(), { maxEntries: 3 });
    for (let index = 0; index < 10; index += 1) memory.remember(answer(`r${index}`, [String(index)]));
    assert.equal(memory.entryCount, 3);
    assert.equal(memory.lookup('r6'), undefined);
    assert.deepEqual(itemsOf(memory, 'r7'), ['7']);
  });

  it('takes no bytes when everything is forgotten', () => {
    const memory = new ResponseMemory(createVirtualClock(), { maxEntries: 1 });
    const session = {};
    for (let index = 0; index < 5; index += 1) memory.remember(answer(`r${index}`, ['1', '2'], { session }));
    memory.release(session);
    assert.deepEqual([memory.entryCount, memory.bytes], [0, 0]);
  });

  it('forgets a conversation that nobody went on with for the whole time', async () => {
    const clock = createVirtualClock();
    const memory = new ResponseMemory(clock, { ttlMs: 1_000 });
    memory.remember(answer('a', ['1']));
    memory.remember(answer('b', ['2'], { previousId: 'a' }));
    await clock.advance(900);
    assert.notEqual(memory.lookup('b'), undefined);
    await clock.advance(900);
    assert.deepEqual(itemsOf(memory, 'b'), ['1', '2']);
    await clock.advance(1_001);
    assert.equal(memory.lookup('b'), undefined);
    assert.equal(memory.entryCount, 0);
  });

  describe('an answer of one connection', () => {
    it('is known on that connection alone', () => {
      const memory = new ResponseMemory(createVirtualClock());
      const session = {};
      memory.remember(answer('a', ['1'], { session }));
      assert.equal(memory.lookup('a'), undefined);
      assert.equal(memory.lookup('a', {}), undefined);
      assert.deepEqual(itemsOf(memory, 'a', session), ['1']);
    });

    it('is forgotten when the connection closes, also when it ends only then', () => {
      const memory = new ResponseMemory(createVirtualClock());
      const session = {};
      memory.remember(answer('a', ['1'], { session }));
      memory.remember(answer('other', ['2']));
      memory.release(session);
      memory.remember(answer('late', ['3'], { session }));
      assert.equal(memory.entryCount, 1);
      assert.deepEqual(itemsOf(memory, 'other'), ['2']);
    });
  });

  describe('a conversation whose beginning only its provider has', () => {
    it('is known by name without items', () => {
      const memory = new ResponseMemory(createVirtualClock());
      memory.remember(answer('b', ['2'], { previousId: 'never-seen', isStoredByMaker: true }));
      memory.remember(answer('c', ['3'], { previousId: 'b', isStoredByMaker: true }));
      assert.deepEqual(memory.lookup('c'), { maker: MAKER, isStoredByMaker: true, items: null });
    });

    it('is not kept when the provider did not store it', () => {
      const memory = new ResponseMemory(createVirtualClock());
      memory.remember(answer('b', ['2'], { previousId: 'never-seen' }));
      assert.equal(memory.lookup('b'), undefined);
    });
  });
});
