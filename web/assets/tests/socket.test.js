import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { openReadings, retryDelay } from '../socket.js';

/** Until then the next attempt was made, however many failed before. */
const RETRY_MS = 30_000;

/** The sockets that were opened, the last one last; each remembers what was sent. */
const sockets = [];

class FakeSocket extends EventTarget {
  static OPEN = 1;

  constructor(url, protocol) {
    super();
    Object.assign(this, { url: String(url), protocol, readyState: 0, sent: [] });
    sockets.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  /** What the server does. */
  opens() {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
    this.says({ type: 'connection_ack' });
  }

  says(message) {
    this.dispatchEvent(Object.assign(new Event('message'), { data: JSON.stringify(message) }));
  }

  gives(readings, cursor, missed = null) {
    this.says({
      id: this.subscribed.id,
      type: 'next',
      payload: { data: { readingStream: { cursor, readings, missed } } },
    });
  }

  breaks(code = 1006) {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event('close'), { code }));
  }

  get subscribed() {
    return this.sent.filter((message) => message.type === 'subscribe').at(-1);
  }
}

globalThis.WebSocket = FakeSocket;
globalThis.location = { href: 'https://example.org/sensors/', protocol: 'https:' };
globalThis.document = Object.assign(new EventTarget(), { hidden: false });
globalThis.addEventListener = () => {};
mock.timers.enable({ apis: ['setTimeout'] });

/** Opens a stream; gives what it was told, and how to end it. */
function listen() {
  const told = { readings: [], states: [], missed: 0, begun: 0 };
  const end = openReadings(['s'], {
    onReadings: (readings) => told.readings.push(...readings),
    onMissed: () => (told.missed += 1),
    onState: (state) => told.states.push(state),
    onBegun: () => (told.begun += 1),
  });
  return { told, end };
}

beforeEach(() => {
  sockets.length = 0;
});

test('readings come, from where the stream begins', () => {
  const { told, end } = listen();
  const [socket] = sockets;
  assert.deepEqual([socket.url, socket.protocol], ['wss://example.org/graphql', 'graphql-transport-ws']);
  socket.opens();
  assert.equal(socket.subscribed.payload.variables.after, null);
  socket.gives([], 'a');
  socket.gives([{ value: 1 }], 'b');
  assert.deepEqual([told.readings, told.begun, told.states.at(-1)], [[{ value: 1 }], 1, 'live']);
  end();
  assert.equal(socket.sent.at(-1).type, 'complete');
  assert.equal(socket.readyState, 3);
});

test('after a lost connection the stream goes on behind its last cursor', () => {
  const { told, end } = listen();
  sockets[0].opens();
  sockets[0].gives([{ value: 1 }], 'b');
  sockets[0].breaks();
  assert.equal(told.states.at(-1), 'away');
  mock.timers.tick(RETRY_MS);
  assert.equal(sockets.length, 2);
  sockets[1].opens();
  assert.equal(sockets[1].subscribed.payload.variables.after, 'b');
  assert.equal(told.missed, 0);
  end();
});

test('what an old socket still says is not heard', () => {
  const { told, end } = listen();
  sockets[0].opens();
  const { id } = sockets[0].subscribed;
  sockets[0].breaks();
  mock.timers.tick(RETRY_MS);
  sockets[0].says({
    id,
    type: 'next',
    payload: { data: { readingStream: { cursor: 'x', readings: [{}], missed: null } } },
  });
  assert.deepEqual(told.readings, []);
  end();
});

test('a socket that says nothing is given up', () => {
  const { end } = listen();
  sockets[0].opens();
  mock.timers.tick(60_000);
  mock.timers.tick(RETRY_MS);
  assert.equal(sockets.length, 2);
  end();
});

test('pings are answered', () => {
  const { end } = listen();
  sockets[0].opens();
  sockets[0].says({ type: 'ping' });
  assert.equal(sockets[0].sent.at(-1).type, 'pong');
  end();
});

test('with a cursor that is too old the stream begins anew, and says that something was missed', () => {
  const { told, end } = listen();
  sockets[0].opens();
  sockets[0].gives([], 'old');
  const { id } = sockets[0].subscribed;
  sockets[0].says({ id, type: 'error', payload: [{ message: 'Too old', extensions: { code: 'LIMIT_EXCEEDED' } }] });
  mock.timers.tick(RETRY_MS);
  assert.notEqual(sockets[0].subscribed.id, id);
  assert.equal(sockets[0].subscribed.payload.variables.after, null);
  assert.equal(told.missed, 1);
  end();
});

test('a batch that says what was missed is told on', () => {
  const { told, end } = listen();
  sockets[0].opens();
  sockets[0].gives([], 'c', { positions: 5 });
  assert.equal(told.missed, 1);
  end();
});

test('who may not see readings is told so, and not asked for again', () => {
  const { told } = listen();
  sockets[0].opens();
  const { id } = sockets[0].subscribed;
  sockets[0].says({ id, type: 'error', payload: [{ message: 'No', extensions: { code: 'UNAUTHENTICATED' } }] });
  mock.timers.tick(60_000);
  assert.equal(told.states.at(-1), 'denied');
  assert.equal(sockets[0].sent.filter((message) => message.type === 'subscribe').length, 1);
});

test('attempts come later each time, up to half a minute, and not at one moment', () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((n) => retryDelay(n, 1)),
    [1_000, 2_000, 4_000, 8_000],
  );
  assert.equal(retryDelay(99, 1), 30_000);
  assert.equal(retryDelay(99, 0), 15_000);
});
