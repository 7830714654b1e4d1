import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';

import { Connections } from '../../../../daemon/http/connections.ts';

const answer = (headersSent = false): ServerResponse => ({ headersSent }) as ServerResponse;

describe('connections', () => {
  let connections: Connections;
  beforeEach(() => (connections = new Connections({ maxOpen: 4, maxStrangers: 3 })));

  function open(): PassThrough {
    const socket = new PassThrough();
    connections.add(socket);
    return socket;
  }

  /** Sends an admitted request and gets its answer. */
  function serve(socket: PassThrough): void {
    const response = answer();
    connections.began(socket, response);
    connections.admitted(socket);
    connections.ended(socket, response);
  }

  const isOpen = (socket: PassThrough): boolean => !socket.destroyed;

  it('closes the oldest that never sent an admitted request when there are too many of those', () => {
    const sockets = [open(), open(), open(), open()];
    assert.deepEqual(sockets.map(isOpen), [false, true, true, true]);
    assert.equal(connections.size, 3);
  });

  it('counts a request that was refused as none', () => {
    const prober = open();
    const response = answer();
    connections.began(prober, response);
    connections.ended(prober, response);
    for (let at = 0; at < 3; at++) open();
    assert.equal(isOpen(prober), false);
  });

  it('closes strangers before known connections, and of those the one that rests longest', () => {
    const [known, busy, recent] = [open(), open(), open()];
    serve(known);
    connections.admitted(busy);
    serve(recent);
    const stranger = open();
    open();
    assert.deepEqual([known, busy, recent, stranger].map(isOpen), [true, true, true, false]);
    connections.destroyAll();
  });

  it('closes who rests longest when nobody is a stranger, and never one with a running request', () => {
    const sockets = [open(), open(), open()];
    const [first, second, third] = sockets as [PassThrough, PassThrough, PassThrough];
    connections.admitted(first); // runs
    serve(third);
    serve(second);
    const fourth = open();
    connections.admitted(fourth);
    const fifth = open();
    assert.deepEqual([first, second, third, fourth, fifth].map(isOpen), [true, true, false, true, true]);
  });

  it('does not take a known connection for resting while its next request runs', () => {
    const socket = open();
    serve(socket);
    connections.admitted(socket);
    const others = [open(), open(), open()];
    for (const other of others) connections.admitted(other);
    open(); // nobody can go for this one
    assert.deepEqual([socket, ...others].map(isOpen), [true, true, true, true]);
  });

  it('does not take it for resting when only the first of two pipelined answers is out', () => {
    const socket = open();
    const first = answer();
    connections.began(socket, first);
    connections.admitted(socket);
    connections.began(socket, answer());
    connections.ended(socket, first);
    for (let at = 0; at < 3; at++) connections.admitted(open());
    open();
    assert.equal(isOpen(socket), true);
  });

  it('forgets what has closed', async () => {
    const socket = open();
    socket.destroy();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(connections.size, 0);
  });

  it('knows whether the latest answer has begun', () => {
    const socket = open();
    assert.equal(connections.isAnswering(socket), false);
    connections.began(socket, answer(true));
    assert.equal(connections.isAnswering(socket), true);
  });
});
