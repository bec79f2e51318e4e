// The applications in `examples`, as the standard client uses them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';
import { serveWorker } from './support/serve-worker.mjs';

const build = fileURLToPath(new URL('../../build/examples', import.meta.url));
const objects = { WHITEBOARD: 'Whiteboard', COUNTER: 'Counter', PRIVATE_MESSAGES: 'PrivateMessages' };
const allowed = 'https://app.example';

let worker;
const clients = new Set();
before(async () => { worker = await serveWorker({ name: 'examples', build, objects, vars: { ALLOWED_ORIGINS: allowed } }); });
after(() => worker.stop());
// A poll that waits keeps an object in memory.
afterEach(() => {
  for (const client of clients) client.disconnect();
  clients.clear();
});

/** Connects a client to an application. It notes every event from the start. */
async function connect(application, transport, auth) {
  const client = open(application, transport, auth);
  await once(client, 'connect');
  return client;
}

function open(application, transport, auth) {
  const client = io(worker.url, { path: `/${application}/socket.io`, transports: [transport], forceNew: true, auth });
  clients.add(client);
  client.noted = [];
  client.onAny((...event) => client.noted.push(event));
  return client;
}

/** Resolves to the arguments of the next event of this name that was not taken yet. */
async function next(client, name) {
  for (;;) {
    const index = client.noted.findIndex(([noted]) => noted === name);
    if (index >= 0) return client.noted.splice(index, 1)[0].slice(1);
    await new Promise((resolve) => client.onAny(function listen(noted) {
      if (noted !== name) return;
      client.offAny(listen);
      resolve();
    }));
  }
}

for (const transport of ['polling', 'websocket']) {
  describe(`over ${transport}`, () => {
    it('the whiteboard shows strokes to everyone else at the board', async () => {
      const [ann, ben, cat] = await Promise.all(
        ['red', 'blue', 'green'].map((color) => connect('whiteboard', transport, { color })),
      );
      assert.equal(await ann.emitWithAck('open', `one-${transport}`), 0);
      assert.equal(await ben.emitWithAck('open', `one-${transport}`), 1);
      assert.equal(await cat.emitWithAck('open', `two-${transport}`), 0);
      assert.equal(await ann.emitWithAck('draw', new Uint8Array([1, 2, 3, 4])), undefined);
      const [stroke] = await next(ben, 'stroke');
      assert.equal(stroke.color, 'red');
      assert.deepEqual([...stroke.points], [1, 2, 3, 4]);
      assert.deepEqual(await ann.emitWithAck('draw', new Uint8Array([1])), { error: 'half a point' });
      assert.deepEqual(await ann.emitWithAck('draw', 'no bytes'), { error: 'invalid payload' });
      ann.disconnect();
      assert.equal((await next(ben, 'left'))[0], 'red');
      assert.deepEqual(cat.noted, []);
      assert.deepEqual(ann.noted, []);
    });

    it('the counter counts, stores, and tells those who watch', async () => {
      const [ann, ben] = await Promise.all([connect('counter', transport), connect('counter', transport)]);
      const name = `visits-${transport}`;
      assert.equal(await ben.emitWithAck('watch', name), 0);
      assert.equal(await ann.emitWithAck('add', name, 2), 2);
      assert.deepEqual(await next(ben, 'value'), [name, 2]);
      assert.equal(await ann.emitWithAck('add', name, -5), -3);
      assert.deepEqual(await ann.emitWithAck('add', name, 5000), { error: 'too large a step', data: 1000 });
      assert.equal(await ben.emitWithAck('watch', name), -3);
    });

    it('private messages reach every connection of a user, and a session goes on', async () => {
      const nameless = open('private-messages', transport, {});
      assert.equal((await once(nameless, 'connect_error'))[0].message, 'invalid username');

      const ann = await connect('private-messages', transport, { username: 'ann' });
      const [session] = await next(ann, 'session');
      const ben = await connect('private-messages', transport, { username: 'ben' });
      const [{ userID }] = await next(ben, 'session');
      assert.deepEqual(await next(ann, 'user connected'), [{ userID, username: 'ben' }]);
      const [users] = await next(ben, 'users');
      assert.ok(users.some((user) => user.userID === session.userID && user.username === 'ann'));

      const again = await connect('private-messages', transport, { sessionID: session.sessionID });
      assert.deepEqual(await next(again, 'session'), [session]);
      await ann.emitWithAck('private message', { content: 'hi', to: userID });
      const delivery = [{ content: 'hi', from: session.userID, to: userID }];
      assert.deepEqual(await next(ben, 'private message'), delivery);
      assert.deepEqual(await next(again, 'private message'), delivery);
      assert.deepEqual(ann.noted.filter(([name]) => name === 'private message'), []);

      again.disconnect();
      ann.disconnect();
      assert.deepEqual(await next(ben, 'user disconnected'), [session.userID]);
      ben.disconnect();
    });
  });
}

describe('an application', () => {
  it('keeps the data and the rooms of its sockets while it is out of memory', async () => {
    // One after the other: overlapping requests can keep an object in local workerd from being evicted.
    const ann = await connect('whiteboard', 'websocket', { color: 'red' });
    await ann.emitWithAck('open', 'sleepy');
    const ben = await connect('whiteboard', 'websocket', { color: 'blue' });
    await ben.emitWithAck('open', 'sleepy');
    await worker.evict('Whiteboard');
    await ann.emitWithAck('draw', new Uint8Array([5, 6]));
    const [stroke] = await next(ben, 'stroke');
    assert.equal(stroke.color, 'red');
    assert.deepEqual([...stroke.points], [5, 6]);
    ben.volatile.emit('cursor', 7, 8);
    assert.deepEqual((await next(ann, 'cursor')).slice(0, 2), ['blue', [7, 8]]);
  });

  it('closes a connection whose state is too large to be stored', async () => {
    const ann = await connect('whiteboard', 'websocket', { color: 'red' });
    const lost = once(ann, 'disconnect');
    // Each of these characters is six in JSON.
    ann.emit('open', '\u0001'.repeat(4_000));
    assert.deepEqual((await lost)[0], 'transport close');
    await once(ann, 'connect');
    assert.equal(await ann.emitWithAck('open', 'short'), 0);
  });

  it('keeps its database when it is out of memory', async () => {
    const ann = await connect('counter', 'websocket');
    await ann.emitWithAck('add', 'durable', 3);
    await worker.evict('Counter');
    assert.equal(await ann.emitWithAck('add', 'durable', 4), 7);
  });

  it('lets a client recover what it missed', async () => {
    const ann = await connect('whiteboard', 'websocket', { color: 'red' });
    const ben = await connect('whiteboard', 'websocket', { color: 'blue' });
    for (const client of [ann, ben]) await client.emitWithAck('open', 'bumpy');
    await ann.emitWithAck('draw', new Uint8Array([1, 1]));
    await next(ben, 'stroke');
    const sid = ben.id;
    const lost = once(ben, 'disconnect');
    ben.io.engine.close();
    await lost;
    await ann.emitWithAck('draw', new Uint8Array([2, 2]));
    await once(ben, 'connect');
    assert.ok(ben.recovered);
    assert.equal(ben.id, sid);
    assert.deepEqual([...(await next(ben, 'stroke'))[0].points], [2, 2]);
  });

  it('admits the pages that it is for, and no others', async () => {
    const handshake = `${worker.url}/counter/socket.io/?EIO=4&transport=polling`;
    const from = (origin, init) => fetch(handshake, { ...init, headers: { origin, ...init?.headers } });
    const welcome = await from(allowed);
    assert.equal(welcome.status, 200);
    assert.equal(welcome.headers.get('access-control-allow-origin'), allowed);
    assert.equal((await from('https://other.example')).status, 403);
    const preflight = await from(allowed, { method: 'OPTIONS', headers: { 'access-control-request-method': 'POST' } });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-methods'), 'GET, POST');
    assert.equal((await fetch(`${worker.url}/nonsense`)).status, 404);
  });
});
