// Sessions by hand, for valid and invalid Engine.IO v4 packets over WebSocket or polling.
import assert from 'node:assert/strict';
import { inTime } from './patience.mjs';

const separator = '\x1e';

/** Sends a request with these query parameters to the Socket.IO endpoint, over a separate connection. */
export function socketRequest(url, query, init) {
  const headers = { connection: 'close', ...init?.headers };
  return fetch(new URL(`/socket.io/?${new URLSearchParams(query)}`, url), { ...init, headers });
}

/** A session over either transport: received packets, and the end. */
class RawSession {
  /** All received packets; binary frames are Buffers. */
  packets = [];
  #next = 0;
  #waiting = new Set();
  #end;

  constructor() {
    /** Resolves when the server has ended the session, to the way it did. */
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  /** Resolves to the next packet that `accept` accepts, after the one returned last. */
  async next(accept = () => true) {
    for (;;) {
      const index = this.packets.findIndex((packet, index) => index >= this.#next && accept(packet));
      if (index >= 0) {
        this.#next = index + 1;
        return this.packets[index];
      }
      const changed = new Promise((resolve) => this.#waiting.add(resolve));
      await inTime(changed, () => `no matching packet; there were ${JSON.stringify(this.packets).slice(-1000)}`);
    }
  }

  /** Joins the main namespace. */
  async join(token) {
    await this.send(`40${JSON.stringify({ token })}`);
    const answer = await this.next((packet) => /^4[04]/.test(packet));
    assert.match(answer, /^40\{"sid":"[^"]+","pid":"[^"]+"\}$/);
  }

  /** Resolves to the way the server ended the session. */
  end() {
    return inTime(this.ended, () => 'the server did not end the session');
  }

  received(packets) {
    this.packets.push(...packets);
    this.#waiting.forEach((wake) => wake());
    this.#waiting.clear();
  }

  over(how) {
    this.#end(how);
  }
}

/** A session over WebSocket. Its end is `{ code }`, the code of the close frame. */
export class RawWebSocket extends RawSession {
  /** Resolves once the session is open. */
  static async open(url, query = {}) {
    const session = new RawWebSocket();
    const target = new URL(`/socket.io/?${new URLSearchParams({ EIO: '4', transport: 'websocket', ...query })}`, url);
    target.protocol = 'ws:';
    session.socket = new WebSocket(target);
    session.socket.binaryType = 'arraybuffer';
    session.socket.onmessage = ({ data }) => session.received([typeof data === 'string' ? data : Buffer.from(data)]);
    session.socket.onclose = ({ code }) => session.over({ code });
    session.handshake = JSON.parse((await session.next()).slice(1));
    return session;
  }

  /** Sends one frame, which need not be a valid packet. */
  send(packet) {
    this.socket.send(packet);
  }

  /** Closes the session. */
  async close() {
    this.socket.close();
    await this.end();
  }
}

/** A session over HTTP long-polling. Its end is `{ status, body }`, the answer to the last poll. */
export class RawPolling extends RawSession {
  /** Resolves once the session is open. With `poll: false`, only `get` polls. */
  static async open(url, { poll = true } = {}) {
    const session = new RawPolling();
    session.url = url;
    session.query = { EIO: '4', transport: 'polling' };
    const opened = await (await socketRequest(url, session.query)).text();
    session.handshake = JSON.parse(opened.slice(1));
    session.query.sid = session.handshake.sid;
    if (poll) session.#pollOn().catch((error) => session.over({ error }));
    return session;
  }

  async #pollOn() {
    for (;;) {
      const { status, body } = await this.get();
      if (status !== 200) return this.over({ status, body });
      const packets = body.split(separator);
      this.received(packets);
      if (packets.includes('1')) return this.over({ status, body });
    }
  }

  /** Polls once. */
  async get() {
    const response = await socketRequest(this.url, this.query);
    return { status: response.status, body: await response.text() };
  }

  /** Posts a body, which need not be a valid payload. */
  async post(body, headers = { 'content-type': 'text/plain;charset=UTF-8' }) {
    const response = await socketRequest(this.url, this.query, { method: 'POST', headers, body });
    return { status: response.status, body: await response.text() };
  }

  /** Sends one packet. */
  async send(packet) {
    assert.deepEqual(await this.post(packet), { status: 200, body: 'ok' });
  }

  /** Closes the session. */
  async close() {
    await this.post('1');
    await this.end();
  }
}
