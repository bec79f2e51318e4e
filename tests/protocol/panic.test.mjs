// After a panic, pending requests fail instead of hanging, and later ones are served. These panics happen in the Socket.IO object;
// the Engine.IO object shares its memory, which is lost for both.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { serveConformanceWorker } from '../conformance/server.mjs';
import { Client, transportSettings } from '../worker/support/client.mjs';
import { inTime } from '../worker/support/patience.mjs';

/** Fails if the promise does not settle: without the abort, a request that panics hangs. */
const served = (what, promise) => inTime(promise, () => `${what} is left waiting`);

/** Both objects, with the packets of a client: its join, an event, and the echo. */
const objects = [
  { name: 'Socket.IO', path: '/socket.io/', join: '40', sent: '42["message","hello"]', echoed: '42["message-back","hello"]' },
  { name: 'Engine.IO', path: '/engine.io/', sent: '4hello', echoed: '4hello' },
];

describe('a panic', () => {
  let server, log, clients;
  beforeEach(async () => {
    [log, clients] = ['', []];
    server = await serveConformanceWorker({ log: (text) => (log += text) });
  });
  afterEach(async () => {
    await Promise.allSettled(clients.map((client) => client.leave()));
    await server.stop();
  });

  it('fails the request in which it happens, and is logged', async () => {
    const { status } = await panic();
    assert.equal(status, 500);
    assert.match(log, /panicked at .*objects\.rs/);
  });

  for (const { name, path } of objects) {
    it(`fails the polls that wait in the ${name} object`, async () => {
      let failed = 0;
      // A heartbeat may answer the polls just before.
      for (let attempt = 0; failed === 0 && attempt < 20; attempt++) {
        const sessions = await Promise.all(Array.from({ length: 10 }, () => openPolling(path)));
        const polls = sessions.map(({ poll }) => poll());
        await get('/counts');
        await panic();
        const answers = await served('a poll', Promise.all(polls));
        failed = answers.filter(({ status }) => status !== 200).length;
      }
      assert.ok(failed > 0, 'no poll was waiting');
    });
  }

  it('costs concurrent requests no more than an error', async () => {
    const requests = [...Array.from({ length: 20 }, () => get('/counts')), panic(), ...Array.from({ length: 20 }, () => get('/counts'))];
    await served('a request', Promise.all(requests));
    assert.deepEqual(await served('the next', get('/counts')), { status: 200, body: '[0,0]' });
  });

  it('can happen repeatedly', async () => {
    for (let count = 0; count < 5; count++) {
      assert.equal((await panic()).status, 500);
      assert.deepEqual(await served('the next', get('/counts')), { status: 200, body: '[0,0]' });
    }
  });

  for (const { name, path, join, sent, echoed } of objects) {
    it(`leaves the ${name} object to new sessions by polling`, async () => {
      await served('the old session', openPolling(path));
      await panic();
      const { post, poll } = await served('the handshake', openPolling(path));
      if (join) await served('joining', post(join));
      assert.deepEqual(await served('sending', post(sent)), { status: 200, body: 'ok' });
      const echo = async () => {
        const packets = [];
        while (!packets.includes(echoed)) packets.push(...(await poll()).body.split('\x1e'));
      };
      await served('the echo', echo());
    });

    it(`leaves the ${name} object to new WebSockets`, async () => {
      await panic();
      const socket = await served('the handshake', openWebSocket(path, join));
      socket.send(sent);
      await served('the echo', socket.got(echoed));
      socket.close();
    });

    it(`serves or closes a WebSocket of the ${name} object that speaks`, async () => {
      const socket = await openWebSocket(path, join);
      await panic();
      socket.send(sent);
      await served('the WebSocket', Promise.race([socket.got(echoed), socket.closed]));
      socket.close();
    });

    it(`serves or closes a WebSocket of the ${name} object that listens`, async () => {
      const socket = await openWebSocket(path, join);
      await panic();
      await served('the WebSocket', Promise.race([socket.got('2'), socket.closed]));
      socket.close();
    });
  }

  for (const { name, options } of transportSettings) {
    it(`is soon overcome by a socket.io-client with ${name}`, async () => {
      const client = new Client(server.url, { query: { direct: '1' }, ...options });
      clients.push(client);
      await client.next('connect');
      for (let count = 0; count < 3; count++) {
        client.socket.emit('message', 'before', count);
        await client.next('message-back', (when, which) => when === 'before' && which === count);
        await panic();
        await client.next('disconnect');
        await client.next('connect');
        client.socket.emit('message', 'after', count);
        await client.next('message-back', (when, which) => when === 'after' && which === count);
      }
    });
  }

  function panic() {
    return served('the request that panics', get('/panic'));
  }

  function get(path) {
    return request(path);
  }

  /** Sends a request. Resolves to its outcome, even if it fails. */
  async function request(path, init) {
    try {
      const response = await fetch(new URL(path, server.url), init);
      return { status: response.status, body: await response.text() };
    } catch (error) {
      return { status: 0, body: String(error) };
    }
  }

  async function openPolling(path) {
    const { body } = await get(`${path}?EIO=4&transport=polling`);
    const session = `${path}?EIO=4&transport=polling&sid=${JSON.parse(body.slice(1)).sid}`;
    return { poll: () => get(session), post: (body) => request(session, { method: 'POST', body }) };
  }

  // Not through the relay, which serves the suites and is lost with the memory.
  async function openWebSocket(path, join) {
    const target = new URL(`${path}?EIO=4&transport=websocket&direct=1`, server.url);
    target.protocol = 'ws:';
    const socket = new WebSocket(target);
    const heard = new EventTarget();
    socket.onmessage = ({ data }) => {
      if (data === '2') socket.send('3');
      heard.dispatchEvent(new Event(data));
    };
    const closed = new Promise((resolve) => (socket.onclose = resolve));
    const got = (packet) => new Promise((resolve) => heard.addEventListener(packet, resolve, { once: true }));
    await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
    if (join) {
      const joined = got('42["auth",{}]');
      socket.send(join);
      await joined;
    }
    return { got, closed, send: (packet) => socket.send(packet), close: () => socket.close() };
  }
});
