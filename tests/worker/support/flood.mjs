// Messages from one user as fast as they go, from a thread of its own: what its client costs is not the server's.
import { once } from 'node:events';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { io } from 'socket.io-client';

/** A flood that rests until it is told to flow. `refused` is how many messages the server has refused so far. */
export class Flood {
  refused = 0;
  #thread;

  /** Connects the user of the token. */
  static async of(url, token) {
    const flood = new Flood();
    flood.#thread = new Worker(new URL(import.meta.url), { workerData: { url, token } });
    await once(flood.#thread, 'message');
    flood.#thread.on('message', (refused) => (flood.refused = refused));
    return flood;
  }

  flow() {
    this.#thread.postMessage('flow');
  }

  rest() {
    this.#thread.postMessage('rest');
  }

  end() {
    return this.#thread.terminate();
  }
}

if (!isMainThread) {
  const { url, token } = workerData;
  const socket = io(url, { auth: { token }, transports: ['websocket'] });
  let refused = 0;
  let flowing;
  socket.on('exception', () => (refused += 1));
  socket.once('connect', () => parentPort.postMessage(refused));
  parentPort.on('message', (order) => {
    clearInterval(flowing);
    if (order === 'rest') return;
    flowing = setInterval(() => {
      for (let count = 0; count < 10; count += 1) socket.emit('send_message', { text: 'flood' });
      parentPort.postMessage(refused);
    }, 10);
  });
}
