// A real socket.io-client that records every event.
import { io as newest } from 'socket.io-client';
import { inTime } from './patience.mjs';

/** The transport settings that frontends use. The first is the default of `io(url, { auth })`. */
export const transportSettings = [
  { name: 'default options', options: {}, transport: 'websocket' },
  { name: 'WebSocket only', options: { transports: ['websocket'] }, transport: 'websocket' },
  { name: 'polling only', options: { transports: ['polling'] }, transport: 'polling' },
];

/** The offset of a message, or of a signalling event after it. */
const offset = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.\d+\.[\w-]+)?$/;

export class Client {
  /** Every event in order, as `{ name, args }`, including the library's connect, connect_error and disconnect. */
  events = [];
  /** Events from the server that end in a string other than an offset. */
  falseOffsets = [];
  #seen = new Map();
  #waiting = new Set();

  /** Begins to connect. `options` are those of socket.io-client, `io` can be another version's, and `wants` goes to the server. */
  constructor(url, { token, wants, io = newest, ...options } = {}) {
    this.socket = io(url, { auth: { token, wants }, ...options });
    for (const name of ['connect', 'connect_error', 'disconnect']) {
      this.socket.on(name, (...args) => this.#record(name, args));
    }
    this.socket.onAny((name, ...args) => {
      // The library takes a string at the end of an event for an offset, even the name of an event without arguments.
      const last = args.length > 0 ? args.at(-1) : name;
      if (typeof last === 'string' && !offset.test(last)) this.falseOffsets.push([name, ...args]);
      this.#record(name, args);
    });
  }

  /** Returns the name of the current transport. */
  get transport() {
    return this.socket.io.engine.transport.name;
  }

  /** Returns the first argument of every event `name`. */
  all(name) {
    return this.events.filter((event) => event.name === name).map((event) => event.args[0]);
  }

  /**
   * Resolves to the first argument of the next event `name` that `accept` accepts. It starts after the event that it returned last,
   * so the event may have arrived earlier.
   */
  async next(name, accept = () => true) {
    for (;;) {
      const index = this.events.findIndex(
        (event, index) => index > (this.#seen.get(name) ?? -1) && event.name === name && accept(...event.args),
      );
      if (index >= 0) {
        this.#seen.set(name, index);
        return this.events[index].args[0];
      }
      await this.#change(`matching ${name}`);
    }
  }

  /** Sends an event. Resolves to its acknowledgement. */
  ask(name, ...args) {
    // The oldest versions have no emitWithAck.
    const acknowledged = new Promise((resolve) => this.socket.emit(name, ...args, resolve));
    return inTime(acknowledged, () => `${name} is not acknowledged`);
  }

  /** Resolves once `condition()` is true, which is checked at every event. */
  async until(condition, what) {
    while (!condition()) await this.#change(what);
  }

  /** Resolves once the transport is a WebSocket. */
  async upgraded() {
    const { engine } = this.socket.io;
    if (engine.transport.name === 'websocket') return;
    await inTime(new Promise((resolve) => engine.once('upgrade', resolve)), () => 'no upgrade to WebSocket');
  }

  /** Resolves when the server has sent `count` more heartbeats on this connection. */
  async heartbeats(count) {
    const { engine } = this.socket.io;
    const enough = new Promise((resolve) => {
      engine.on('packet', ({ type }) => type === 'ping' && --count === 0 && resolve());
    });
    await inTime(enough, () => `${count} heartbeats are missing`);
  }

  /** Cuts the connection without a close frame, as a lost network does. */
  lose() {
    const { transport } = this.socket.io.engine;
    if (transport.name !== 'websocket') throw new Error('only a WebSocket can be cut');
    transport.ws.terminate();
  }

  /** Disconnects. Resolves once the connection is closed. */
  async leave() {
    const { engine } = this.socket.io;
    const closed = engine && engine.readyState !== 'closed' && new Promise((resolve) => engine.once('close', resolve));
    this.socket.disconnect();
    if (closed) await inTime(closed, () => 'the connection did not close');
  }

  #record(name, args) {
    this.events.push({ name, args });
    this.#waiting.forEach((wake) => wake());
  }

  async #change(what) {
    let wake;
    const changed = new Promise((resolve) => (wake = resolve));
    this.#waiting.add(wake);
    const seen = () => this.events.slice(-8).map(({ name, args }) => `${name} ${JSON.stringify(args)?.slice(0, 200)}`);
    try {
      await inTime(changed, () => `no ${what}; the last events were\n  ${seen().join('\n  ')}`);
    } finally {
      this.#waiting.delete(wake);
    }
  }
}
