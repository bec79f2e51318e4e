// A real socket.io-client that remembers everything it is told.
import { io as newest } from 'socket.io-client';
import { inTime } from './patience.mjs';

/** The settings under which every frontend has to work. The first is what `io(url, { auth })` does without any. */
export const transportSettings = [
  { name: 'default options', options: {}, transport: 'websocket' },
  { name: 'WebSocket only', options: { transports: ['websocket'] }, transport: 'websocket' },
  { name: 'polling only', options: { transports: ['polling'] }, transport: 'polling' },
];

/** A message, or a signalling event of a session after it. */
const offset = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\.\d+\.[\w-]+)?$/;

export class Client {
  /** Every event in order, as `{ name, args }`: the server's, and the library's connect, connect_error and disconnect. */
  events = [];
  /** The server's events that end in a string other than an offset. */
  falseOffsets = [];
  #seen = new Map();
  #waiting = new Set();

  /** Begins to connect. `options` are those of socket.io-client; `io` is that of another version of it; `wants` goes to the server. */
  constructor(url, { token, wants, io = newest, ...options } = {}) {
    this.socket = io(url, { auth: { token, wants }, ...options });
    for (const name of ['connect', 'connect_error', 'disconnect']) {
      this.socket.on(name, (...args) => this.#record(name, args));
    }
    this.socket.onAny((name, ...args) => {
      // The library takes what an event ends in for its offset, if it is a string: even the name of one without arguments.
      const last = args.length > 0 ? args.at(-1) : name;
      if (typeof last === 'string' && !offset.test(last)) this.falseOffsets.push([name, ...args]);
      this.#record(name, args);
    });
  }

  /** The name of the transport in use. */
  get transport() {
    return this.socket.io.engine.transport.name;
  }

  /** Everything that came with `name`: the first argument of each. */
  all(name) {
    return this.events.filter((event) => event.name === name).map((event) => event.args[0]);
  }

  /**
   * The first argument of the next event `name` that `accept` accepts: of those after the one that was returned last, even if
   * it came a while ago.
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
      await this.#change(`${name} that fits`);
    }
  }

  /** Sends an event, and resolves to its acknowledgement. */
  ask(name, ...args) {
    // Like everything here, something that the oldest versions can do.
    const acknowledged = new Promise((resolve) => this.socket.emit(name, ...args, resolve));
    return inTime(acknowledged, () => `${name} is not acknowledged`);
  }

  /** Resolves once `condition()` is true, looking at it with every event. */
  async until(condition, what) {
    while (!condition()) await this.#change(what);
  }

  /** Resolves once the transport has been upgraded. */
  async upgraded() {
    const { engine } = this.socket.io;
    if (engine.transport.name === 'websocket') return;
    await inTime(new Promise((resolve) => engine.once('upgrade', resolve)), () => 'no upgrade to WebSocket');
  }

  /** Resolves when the server has sent so many heartbeats on this connection from now on. */
  async heartbeats(count) {
    const { engine } = this.socket.io;
    const enough = new Promise((resolve) => {
      engine.on('packet', ({ type }) => type === 'ping' && --count === 0 && resolve());
    });
    await inTime(enough, () => `${count} heartbeats are missing`);
  }

  /** Cuts the connection as a lost network does, without a goodbye. */
  lose() {
    const { transport } = this.socket.io.engine;
    if (transport.name !== 'websocket') throw new Error('only a WebSocket can be cut');
    transport.ws.terminate();
  }

  /** Says goodbye, and resolves once the connection is down. */
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
