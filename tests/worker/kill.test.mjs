// Every message that a client has heard is durable, even if the server is killed in the next moment.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { it } from 'node:test';
import { openChatroom, password, unlimited } from './support/chatroom.mjs';
import { Client, transportSettings } from './support/client.mjs';
import { startKillable } from './support/killable.mjs';
import { messagesOnDisk } from './support/on-disk.mjs';
import { post } from './support/rest.mjs';
import { scratchFolder } from './support/scratch.mjs';

const vars = { ...unlimited, JWT_SECRET: 'wT7kqZ0vR3nYb8LxJ5dGf2HcUa9PsE1m', HISTORY_LIMIT: '100' };
const messageCount = 1000;

it('every message that a client received is in the history after kill -9', async (t) => {
  // A seed repeats the number of messages before the kill, although not the exact instruction.
  const killAfter = Number(process.env.NATTER_KILL_AFTER) || randomInt(1, 3 * messageCount);
  t.diagnostic(`NATTER_KILL_AFTER=${killAfter} repeats this`);

  const persistTo = scratchFolder();
  const server = await startKillable(t, { vars, persistTo }, scratchFolder());
  const users = transportSettings.map(({ options }, index) => ({ username: `user${index}`, options }));
  const clients = await Promise.all(users.map(async ({ username, options }) => {
    const { body } = await post(server.url, '/api/auth/register', { username, password });
    const client = new Client(server.url, { token: body.token, ...options, reconnection: false });
    t.after(() => client.leave());
    await client.next('online_users');
    return client;
  }));

  // The messages that the server has confirmed, by a broadcast or an acknowledgement.
  const received = new Map();
  let count = 0;
  let killed;
  const receive = (message) => {
    received.set(message.id, message);
    if (++count === killAfter) killed = server.kill();
  };
  clients.forEach((client) => client.socket.on('new_message', receive));
  for (let number = 0; number < messageCount && !killed; number++) {
    const client = clients[number % clients.length];
    client.socket.emit('send_message', { text: `message ${number}` }, ({ message }) => receive(message));
    // Several are under way at a time, and some answered already.
    if (number % 20 === 0) await new Promise(setImmediate);
  }
  await Promise.all(clients.map((client) => client.next('disconnect')));
  await killed;
  t.diagnostic(`${received.size} of ${messageCount} messages had been received`);
  assert.ok(received.size > 0);

  const room = await openChatroom({ vars, persistTo });
  const login = await post(room.url, '/api/auth/login', { username: 'user0', password });
  assert.equal(login.status, 200, 'the users are there');
  const again = room.client({ token: login.body.token });
  const history = await again.next('message_history');
  await room.close();

  const kept = messagesOnDisk(persistTo);
  const byId = new Map(kept.map((message) => [message.id, message]));
  const lost = [...received.values()].filter(({ id, username, text }) => {
    const message = byId.get(id);
    return message?.username !== username || message?.text !== text;
  });
  assert.deepEqual(lost, [], `${lost.length} messages were lost`);
  assert.equal(new Set(kept.map(({ text }) => text)).size, kept.length, 'and none is there twice');
  assert.deepEqual(history.map(({ timestamp, ...message }) => message), kept.slice(-100), 'what clients see is what is on disk');
});
