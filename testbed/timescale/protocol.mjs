// The frontend/backend protocol of PostgreSQL, as far as a server between clients and one session needs it.
// See the chapter "Message Formats" of PostgreSQL's manual.

const SSL_REQUEST = 80877103;
const GSSENC_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;

const encoder = new TextEncoder();

/** A message of type `type` (one letter) around `parts`: strings end in a zero byte, numbers are 32 bits wide. */
export function message(type, ...parts) {
  const bodies = parts.map((part) => {
    if (typeof part === 'string') return Buffer.concat([encoder.encode(part), Buffer.of(0)]);
    if (typeof part === 'number') {
      const number = Buffer.alloc(4);
      number.writeInt32BE(part);
      return number;
    }
    return part;
  });
  const body = Buffer.concat(bodies);
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** Cuts a stream of bytes into messages: a TCP packet may hold many, or a part of one. */
export class Frames {
  #bytes = Buffer.alloc(0);
  #started = false;

  push(chunk) {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
  }

  /** The next whole message as `{ type, bytes }`, or undefined. Before the session starts, types are words. */
  next() {
    return this.#started ? this.#nextMessage() : this.#nextStartup();
  }

  #nextStartup() {
    if (this.#bytes.length < 8) return undefined;
    const bytes = this.#take(this.#bytes.readInt32BE(0));
    if (bytes === undefined) return undefined;
    switch (bytes.readInt32BE(4)) {
      case SSL_REQUEST:
      case GSSENC_REQUEST:
        return { type: 'encryption', bytes };
      case CANCEL_REQUEST:
        return { type: 'cancel', bytes };
      default:
        this.#started = true;
        return { type: 'startup', bytes };
    }
  }

  #nextMessage() {
    if (this.#bytes.length < 5) return undefined;
    const bytes = this.#take(this.#bytes.readInt32BE(1) + 1);
    return bytes && { type: String.fromCharCode(bytes[0]), bytes };
  }

  #take(length) {
    if (this.#bytes.length < length) return undefined;
    const bytes = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return bytes;
  }
}

/** The settings of a startup message: `[name, value]` pairs, those inside `options` included. */
export function startupSettings(bytes) {
  const words = bytes.subarray(8).toString('utf8').split('\0');
  const settings = [];
  for (let at = 0; at + 1 < words.length && words[at] !== ''; at += 2) {
    const [name, value] = [words[at], words[at + 1]];
    if (name === 'options') {
      for (const [, option, setting] of value.matchAll(/-c\s*([\w.]+)=((?:\\.|[^\s\\])*)/g)) {
        settings.push([option, setting.replace(/\\(.)/g, '$1')]);
      }
    } else if (!['user', 'database', 'replication'].includes(name)) {
      settings.push([name, value]);
    }
  }
  return settings;
}

/**
 * Puts `prefix` before the name of a prepared statement in a Parse, Bind, Describe or Close message, because
 * connections that share a session would meet each other's statements. `named` collects the names.
 */
export function ownStatement({ type, bytes }, prefix, named) {
  const at = statementNameAt(type, bytes);
  if (at === undefined || bytes[at] === 0) return bytes;
  const body = Buffer.concat([bytes.subarray(5, at), encoder.encode(prefix), bytes.subarray(at)]);
  if (type === 'P') named.add(prefix + cString(bytes, at));
  return message(type, body);
}

/** Whether the message parses the statement without a name, which the next unnamed one replaces. */
export function parsesUnnamed({ type, bytes }) {
  return type === 'P' && bytes[5] === 0;
}

function statementNameAt(type, bytes) {
  switch (type) {
    case 'P':
      return 5;
    case 'B':
      return bytes.indexOf(0, 5) + 1;
    case 'D':
    case 'C':
      return bytes[5] === 0x53 ? 6 : undefined;
    default:
      return undefined;
  }
}

function cString(bytes, at) {
  return bytes.subarray(at, bytes.indexOf(0, at)).toString('utf8');
}

/** What the answer of the server ends in: the transaction's status, and whether there was an error. */
export function outcome(answer) {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.length);
  let [status, failed] = [undefined, false];
  for (let at = 0; at + 5 <= bytes.length; at += bytes.readInt32BE(at + 1) + 1) {
    if (bytes[at] === 0x5a) status = String.fromCharCode(bytes[at + 5]);
    if (bytes[at] === 0x45) failed = true;
  }
  return { status, failed };
}
