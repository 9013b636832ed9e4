/**
 * Subscriptions over one WebSocket a page (`graphql-transport-ws`), which comes back by itself: each stream goes on
 * behind the last cursor that it was given, so nothing is missing and nothing comes twice.
 */

const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 30_000;
/** A page that nobody sees lets go after a while; it catches up when it is seen again. */
const HIDDEN_MS_MAX = 60_000;
/** The server pings every 20 s; one that says nothing for this long is gone, whatever the network thinks. */
const SILENT_MS_MAX = 60_000;

/** Reasons that no second attempt changes. */
const FINAL_CODES = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'BAD_REQUEST', 'NOT_FOUND']);
/** Cursors that are too old or from elsewhere: the stream begins anew, and its owner is told. */
const CURSOR_CODES = new Set(['LIMIT_EXCEEDED', 'INVALID_ARGUMENT']);
const CLOSE_FORBIDDEN = 4403;

/**
 * @typedef {'connecting' | 'live' | 'away' | 'denied' | 'ended'} SocketState
 *
 * @typedef {object} Stream
 * @property {string} document with a variable `$after: String`, and a root whose value has `cursor`
 * @property {string} root the field of the data
 * @property {Record<string, unknown>} variables
 * @property {(batch: any) => void} onBatch
 * @property {() => void} onMissed what came meanwhile can't be had from the stream: ask for it
 * @property {(state: SocketState, message: string) => void} onState
 * @property {string | null} [cursor] the last one that it was given
 * @property {string} [id] under which the server knows it now
 */

/**
 * How long to wait before the next attempt: longer each time, and not the same for everybody whose server restarted.
 *
 * @param {number} attempts that failed so far
 * @param {number} random from 0 to 1
 */
export function retryDelay(attempts, random) {
  const most = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(attempts, 10));
  return most / 2 + (most / 2) * random;
}

class Socket {
  constructor() {
    /** @type {Set<Stream>} */
    this.streams = new Set();
    this.nextId = 1;
    this.attempts = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.acknowledged = false;
    this.state = /** @type {SocketState} */ ('connecting');
    this.retryTimer = 0;
    this.silentTimer = 0;
    this.hiddenTimer = 0;
    document.addEventListener('visibilitychange', () => this.seen());
    addEventListener('online', () => this.retryNow());
    addEventListener('pagehide', () => this.drop());
    addEventListener('pageshow', (event) => event.persisted && this.retryNow());
  }

  /**
   * @param {Stream} stream
   * @returns {() => void} ends it
   */
  add(stream) {
    this.streams.add(stream);
    stream.onState(this.state, '');
    if (this.acknowledged) {
      this.subscribe(stream);
      stream.onState('live', '');
    } else {
      this.retryNow();
    }
    return () => this.remove(stream);
  }

  remove(stream) {
    if (!this.streams.delete(stream)) {
      return;
    }
    this.send({ id: stream.id, type: 'complete' });
    if (this.streams.size === 0) {
      this.drop();
    }
  }

  connect() {
    clearTimeout(this.retryTimer);
    if (this.socket || this.streams.size === 0 || this.state === 'denied') {
      return;
    }
    const address = new URL('/graphql', location.href);
    address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(address, 'graphql-transport-ws');
    this.socket = socket;
    // Whatever an old socket still says is none of the new one's business.
    const current = (act) => (event) => this.socket === socket && act(event);
    socket.addEventListener(
      'open',
      current(() => this.send({ type: 'connection_init' })),
    );
    socket.addEventListener(
      'message',
      current((event) => this.receive(event.data)),
    );
    socket.addEventListener(
      'close',
      current((event) => this.closed(event.code)),
    );
    this.heard();
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify(message));
    }
  }

  receive(text) {
    this.heard();
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (message.type === 'ping') {
      this.send({ type: 'pong' });
    } else if (message.type === 'connection_ack') {
      this.acknowledged = true;
      this.tell('live', '');
      this.streams.forEach((stream) => this.subscribe(stream));
    } else {
      this.receiveOf(message);
    }
  }

  receiveOf({ id, type, payload }) {
    const stream = [...this.streams].find((one) => one.id === id);
    if (!stream) {
      return;
    }
    if (type === 'next') {
      const batch = payload.data?.[stream.root];
      if (batch) {
        // Only a stream that gave something is a connection that works.
        this.attempts = 0;
        stream.cursor = batch.cursor;
        stream.onBatch(batch);
        if (batch.missed) {
          stream.onMissed();
        }
      } else if (payload.errors?.length) {
        this.failed(stream, payload.errors[0]);
      }
    } else if (type === 'error') {
      this.failed(stream, payload?.[0]);
    } else if (type === 'complete') {
      // A stream has no end of its own: its server is about to stop.
      this.again(stream);
    }
  }

  failed(stream, error) {
    const code = error?.extensions?.code ?? 'INTERNAL';
    if (FINAL_CODES.has(code)) {
      this.streams.delete(stream);
      stream.onState(code === 'UNAUTHENTICATED' || code === 'FORBIDDEN' ? 'denied' : 'ended', String(error.message));
      return;
    }
    if (CURSOR_CODES.has(code)) {
      if (!stream.cursor) {
        this.streams.delete(stream);
        stream.onState('ended', String(error.message));
        return;
      }
      stream.cursor = null;
      stream.onMissed();
    }
    this.again(stream);
  }

  /** Subscribes anew on the same socket, a little later. */
  again(stream) {
    stream.id = undefined;
    setTimeout(
      () => {
        if (this.acknowledged && this.streams.has(stream) && !stream.id) {
          this.subscribe(stream);
        }
      },
      retryDelay(this.attempts, Math.random()),
    );
    this.attempts += 1;
  }

  subscribe(stream) {
    // A new id each time: the server may not have forgotten the last one yet.
    stream.id = String(this.nextId);
    this.nextId += 1;
    const variables = { ...stream.variables, after: stream.cursor ?? null };
    this.send({ id: stream.id, type: 'subscribe', payload: { query: stream.document, variables } });
  }

  closed(code) {
    this.forget();
    if (this.streams.size === 0) {
      return;
    }
    if (code === CLOSE_FORBIDDEN) {
      this.tell('denied', '');
      return;
    }
    this.tell('away', '');
    if (!document.hidden) {
      this.retryTimer = setTimeout(() => this.connect(), retryDelay(this.attempts, Math.random()));
    }
    this.attempts += 1;
  }

  forget() {
    clearTimeout(this.silentTimer);
    this.socket = null;
    this.acknowledged = false;
  }

  /** Lets go of the socket without asking for another one. */
  drop() {
    clearTimeout(this.retryTimer);
    const socket = this.socket;
    this.forget();
    socket?.close(1000);
    this.state = this.state === 'denied' ? 'denied' : 'connecting';
  }

  retryNow() {
    if (!this.socket) {
      this.connect();
    }
  }

  seen() {
    clearTimeout(this.hiddenTimer);
    if (document.hidden) {
      this.hiddenTimer = setTimeout(() => this.drop(), HIDDEN_MS_MAX);
    } else {
      this.retryNow();
    }
  }

  heard() {
    clearTimeout(this.silentTimer);
    this.silentTimer = setTimeout(() => {
      const socket = this.socket;
      this.closed(1006);
      socket?.close();
    }, SILENT_MS_MAX);
  }

  tell(state, message) {
    this.state = state;
    for (const stream of [...this.streams]) {
      stream.onState(state, message);
    }
  }
}

/** @type {Socket | null} */
let shared = null;

/**
 * Begins a stream on the page's socket.
 *
 * @param {Stream} stream
 * @returns {() => void} ends it
 */
export function openStream(stream) {
  shared ??= new Socket();
  return shared.add(stream);
}

const READINGS = `subscription Readings($sensors: [String!]!, $after: String) {
  readingStream(sensors: $sensors, after: $after) {
    cursor
    readings { sensor { id } time value flag }
    missed { positions }
  }
}`;

/**
 * Begins a stream of the readings of some sensors, as they are loaded.
 *
 * @param {string[]} sensors names or ids
 * @param {Pick<Stream, 'onMissed' | 'onState'> & {onReadings: (readings: any[]) => void, onBegun?: () => void}} heard
 *   `onBegun`: from now on nothing is missed
 * @returns {() => void} ends it
 */
export function openReadings(sensors, { onReadings, onMissed, onState, onBegun }) {
  let begun = false;
  const onBatch = ({ readings }) => {
    if (!begun) {
      begun = true;
      onBegun?.();
    }
    if (readings.length > 0) {
      onReadings(readings);
    }
  };
  return openStream({ document: READINGS, root: 'readingStream', variables: { sensors }, onBatch, onMissed, onState });
}
