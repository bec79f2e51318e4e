// Pages of other origins in a real browser, which sends preflights and reads only permitted answers.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openChatroom } from '../worker/support/chatroom.mjs';
import { launchBrowser } from './support/browser.mjs';

const library = join(dirname(createRequire(import.meta.url).resolve('socket.io-client/package.json')), 'dist', 'socket.io.min.js');

let browser, frontend, page;
before(async () => {
  browser = await launchBrowser();
  const script = await readFile(library);
  frontend = createServer(({ url }, response) => {
    const isScript = url === '/socket.io.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><title>A frontend</title><script src="/socket.io.js"></script>');
  });
  await new Promise((resolve) => frontend.listen(0, '127.0.0.1', resolve));
  page = await browser.newPage();
  await page.goto(`http://localhost:${frontend.address().port}/`);
});
after(() => {
  frontend.close();
  frontend.closeAllConnections();
});

/** Connects from the page and sends a message. Resolves to its transport, or to the error. */
const connect = (url, token, options) => page.evaluate(([url, token, options]) => new Promise((resolve) => {
  const socket = globalThis.io(url, { auth: { token }, forceNew: true, reconnection: false, ...options });
  const end = (outcome) => {
    socket.disconnect();
    resolve(outcome);
  };
  socket.on('connect_error', ({ message }) => end(message));
  socket.on('connect', () => {
    socket.emit('send_message', { text: 'hello' }, ({ ok }) => ok && end(socket.io.engine.transport.name));
  });
}), [url, token, options]);

/** Resolves to the parts of an answer that the page can read, or to the name of the error. */
const read = (url, path, init) => page.evaluate(async ([url, init]) => {
  try {
    const response = await fetch(url, init);
    return [response.status, (await response.json()).code, response.headers.get('retry-after')];
  } catch ({ name }) {
    return name;
  }
}, [new URL(path, url).href, init]);

describe('a frontend on another port of this machine, in a local run,', () => {
  let room, token;
  before(async () => {
    room = await openChatroom({ vars: { LOCAL_RUN: 'true', HISTORY_LOADS_PER_MINUTE: '4' } });
    token = await room.token('ann');
  });

  const extraHeaders = { 'x-my-header': '1', 'X-Another': 'two' };
  for (const [what, options, transports] of [
    ['the client’s default options', {}, ['polling', 'websocket']],
    ['headers of its own', { extraHeaders }, ['polling', 'websocket']],
    ['headers of its own and polling alone', { extraHeaders, transports: ['polling'] }, ['polling']],
    ['credentials', { withCredentials: true, transports: ['polling'] }, ['polling']],
    ['WebSocket alone', { transports: ['websocket'] }, ['websocket']],
  ]) {
    it(`connects with ${what}`, async () => {
      assert.ok(transports.includes(await connect(room.url, token, options)));
    });
  }

  it('reads every kind of failure', async () => {
    const post = (body, headers) => ({ method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
    const bearer = { headers: { authorization: `Bearer ${token}` } };
    assert.deepEqual(await read(room.url, '/api/auth/me', { headers: { authorization: 'Bearer x', 'x-my-header': '1' } }), [401, 'token_invalid', null]);
    assert.deepEqual(await read(room.url, '/nowhere', post('{}')), [404, 'not_found', null]);
    assert.deepEqual(await read(room.url, '/api/auth/login', post('x'.repeat(70_000))), [413, 'body_too_large', null]);
    assert.equal((await read(room.url, '/api/messages', bearer))[0], 200);
    const [status, code, retryAfter] = await read(room.url, '/api/messages', bearer);
    assert.deepEqual([status, code], [429, 'rate_limited']);
    assert.match(retryAfter, /^\d+$/);
  });
});

it('a frontend that is not listed can neither connect nor read', async () => {
  const room = await openChatroom();
  const token = await room.token('ann');
  assert.equal(await connect(room.url, token, {}), 'xhr poll error');
  assert.equal(await connect(room.url, token, { transports: ['websocket'] }), 'websocket error');
  assert.equal(await read(room.url, '/health', {}), 'TypeError');
});

it('a frontend admitted by * connects, but not with credentials', async () => {
  const room = await openChatroom({ vars: { FRONTEND_URL: '*' } });
  const token = await room.token('ann');
  assert.equal(await connect(room.url, token, { transports: ['polling'], extraHeaders: { 'x-my-header': '1' } }), 'polling');
  assert.equal((await read(room.url, '/health', {}))[0], 200);
  assert.equal(await connect(room.url, token, { transports: ['polling'], withCredentials: true }), 'xhr poll error');
});
