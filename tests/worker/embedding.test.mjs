// Uses support/natter.mjs alone, as a frontend's own tests would.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { io } from 'socket.io-client';
import { startNatter } from './support/natter.mjs';

test('a frontend’s test starts a server, chats, and stops it', async (t) => {
  const natter = await startNatter();
  t.after(() => natter.stop());
  const answer = await fetch(`${natter.url}/api/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'ann', password: 'correct horse battery staple' }),
  });
  const { token } = await answer.json();
  const socket = io(natter.url, { auth: { token } });
  assert.deepEqual(await once(socket, 'online_users'), [['ann']]);
  socket.emit('send_message', { text: 'hello' });
  const [{ username, text }] = await once(socket, 'new_message');
  assert.deepEqual([username, text], ['ann', 'hello']);
  socket.disconnect();
  await natter.stop();
  await assert.rejects(fetch(`${natter.url}/health`), 'the server still answers');
});

test('servers side by side do not share data', async (t) => {
  const [one, other] = await Promise.all([startNatter(), startNatter()]);
  t.after(() => Promise.all([one.stop(), other.stop()]));
  const register = (natter) => fetch(`${natter.url}/api/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'ann', password: 'correct horse battery staple' }),
  });
  assert.deepEqual([(await register(one)).status, (await register(other)).status], [201, 201]);
});

test('a server that cannot start says why and leaves nothing running', async (t) => {
  await assert.rejects(startNatter({ build: '/nowhere' }), /nowhere/);
  const natter = await startNatter();
  t.after(() => natter.stop());
  const port = Number(new URL(natter.url).port);
  await assert.rejects(startNatter({ port, log: () => {} }), /in use/);
});
