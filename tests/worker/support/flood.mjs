// A thousand messages a second from one user. A separate thread writes the packets by hand, so that the client costs little.
import { once } from 'node:events';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { inTime } from './patience.mjs';
import { RawWebSocket } from './raw.mjs';

/** A flood, which starts at `flow()`. `refused` counts the messages that the server has refused. */
export class Flood {
  refused = 0;
  #thread;
  #waiting = [];

  /** Connects the user of the token. */
  static async of(url, token) {
    const flood = new Flood();
    flood.#thread = new Worker(new URL(import.meta.url), { workerData: { url, token } });
    await once(flood.#thread, 'message');
    flood.#thread.on('message', (refused) => {
      if (refused === flood.refused) return;
      flood.refused = refused;
      for (const resolve of flood.#waiting.splice(0)) resolve();
    });
    return flood;
  }

  /** Resolves when the server refuses another message. */
  refusal() {
    return inTime(new Promise((resolve) => this.#waiting.push(resolve)), () => `only ${this.refused} messages were refused`);
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
  const session = await RawWebSocket.open(url);
  await session.join(token);
  let [seen, refused] = [0, 0];
  let flowing;
  parentPort.postMessage(refused);
  parentPort.on('message', (order) => {
    clearInterval(flowing);
    if (order === 'rest') return;
    flowing = setInterval(() => {
      session.send('42["send_message",{"text":"flood"}]');
      for (; seen < session.packets.length; seen += 1) {
        if (session.packets[seen] === '2') session.send('3');
        if (session.packets[seen].startsWith('42["exception"')) refused += 1;
      }
      parentPort.postMessage(refused);
    }, 1);
  });
}
