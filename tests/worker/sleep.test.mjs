// The platform evicts an idle room between heartbeats, while its clients stay connected.
import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openChatroom } from './support/chatroom.mjs';

/** The idle time after which workerd evicts an object, in milliseconds. */
const idle = 10_000;

// Heartbeats every 18 s leave enough time to fall asleep between two.
const vars = { PING_INTERVAL_MS: '28000', PING_TIMEOUT_MS: '8000' };
const heartbeats = 5;

let room;
before(async () => (room = await openChatroom({ vars })));

it('a client stays connected past three ping intervals, though the room is asleep between heartbeats', async () => {
  const [ann, ben] = [
    await room.join('ann', { transports: ['websocket'] }),
    await room.join('ben', { transports: ['websocket'] }),
  ];
  // A new client is watched more closely until its second heartbeat.
  await ann.heartbeats(1);
  await ann.heartbeats(1);
  const began = performance.now();
  for (let count = 0; count < heartbeats; count++) {
    await ann.heartbeats(1);
    await pause(idle + 5000);
    await assert.rejects(room.natter.evict(), /not currently running/, 'the room is in memory');
  }
  assert.ok(performance.now() - began > 3 * Number(vars.PING_INTERVAL_MS));
  assert.equal((await ann.ask('send_message', { text: 'good morning' })).ok, true);
  await ben.next('new_message', ({ text }) => text === 'good morning');
  await room.fence(ben, [ann, ben]);
  for (const client of [ann, ben]) {
    assert.equal(client.all('connect').length, 1);
    assert.equal(client.all('disconnect').length, 0);
  }
});
