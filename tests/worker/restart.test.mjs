// Data outlives the server.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openChatroom, password } from './support/chatroom.mjs';
import { post } from './support/rest.mjs';
import { scratchFolder } from './support/scratch.mjs';

const vars = { JWT_SECRET: 'wT7kqZ0vR3nYb8LxJ5dGf2HcUa9PsE1m' };

it('users, tokens and messages outlive a restart', async () => {
  const persistTo = scratchFolder();
  const before = await openChatroom({ vars, persistTo });
  const ann = await before.join('Ann');
  const token = await before.token('Ann');
  const said = [];
  for (const text of ['one', 'two', 'three']) said.push((await ann.ask('send_message', { text, clientId: text })).message);
  await before.close();

  const after = await openChatroom({ vars, persistTo });
  const login = await post(after.url, '/api/auth/login', { username: 'ann', password });
  assert.deepEqual([login.status, login.body.username], [200, 'Ann']);
  assert.equal((await post(after.url, '/api/auth/register', { username: 'ANN', password })).status, 409);
  const again = after.client({ token });
  assert.deepEqual(await again.next('message_history'), said);
  assert.deepEqual(await again.next('online_users'), ['Ann'], 'those who were online before are not now');

  const repeated = await again.ask('send_message', { text: 'three', clientId: 'three' });
  assert.deepEqual(repeated, { ok: true, message: said[2] });
  const { message } = await again.ask('send_message', { text: 'four' });
  assert.ok(message.id > said[2].id);
});

it('a client reconnects by itself when the server returns', async () => {
  const persistTo = scratchFolder();
  const first = await openChatroom({ vars, persistTo });
  const ann = await first.join('ann', { wants: ['missed'] });
  const { message } = await ann.ask('send_message', { text: 'before' });
  await ann.next('new_message');
  const port = Number(new URL(first.url).port);
  await first.natter.stop();
  await ann.next('disconnect');
  const second = await openChatroom({ vars, persistTo, port });
  await ann.next('connect');
  assert.ok(ann.socket.recovered, 'the session goes on');
  await second.fence(ann);
  assert.equal(ann.all('message_history').length, 1);
  assert.equal(ann.all('new_message').filter(({ id }) => id === message.id).length, 1);
  await ann.leave();
});
