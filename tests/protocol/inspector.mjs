// A client of workerd's inspector, which speaks the protocol of Chrome's developer tools.
import { inTime } from '../worker/support/patience.mjs';

/**
 * Collects garbage in the JavaScript heaps that a request passes through. A heap does so only when code runs in it, so `stir` makes a
 * request.
 */
export async function collectGarbage(inspectorUrl, stir) {
  const list = new URL('/json', inspectorUrl);
  list.protocol = 'http:';
  const heaps = await (await fetch(list)).json();
  // Miniflare's entry, and the Worker behind it. Its other services are idle.
  for (const { id, webSocketDebuggerUrl } of heaps.filter(({ id }) => id.startsWith('core:'))) {
    const socket = new WebSocket(webSocketDebuggerUrl);
    await inTime(event(socket, 'open'), () => `no inspector of ${id}`);
    let collected = false;
    socket.onmessage = () => (collected = true);
    socket.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }));
    while (!collected) await inTime(stir(), () => `${id} does not answer`);
    socket.close();
    await inTime(event(socket, 'close'), () => `the inspector of ${id} does not close`);
  }
}

const event = (target, name) => new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));
