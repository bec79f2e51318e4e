// The room is taken out of memory at random moments, again and again, while clients talk. What they see must not show it.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openChatroom } from '../worker/support/chatroom.mjs';
import { messagesOnDisk } from '../worker/support/on-disk.mjs';
import { scratchFolder } from '../worker/support/scratch.mjs';
import { Crowd } from './crowd.mjs';
import { dice, seedFrom } from './dice.mjs';

const evictions = 50;

// An object is evicted in a moment without requests, so only one polls: between two polls it goes. And in local workerd a request
// that overlaps with a WebSocket's opening can leave a reference behind for good, so those with WebSockets are there first and
// keep them, or are alone.
const settings = [
  { name: 'WebSockets that stay connected, and polling', transports: [['websocket'], ['websocket'], ['polling']], sockets: 'hibernate' },
  { name: 'a WebSocket that is closed', transports: [['websocket']], sockets: 'close' },
];

for (const { name, transports, sockets } of settings) {
  it(`nothing is lost and nothing comes twice, though the room is evicted ${evictions} times, with ${name}`, async (t) => {
    const roll = dice(seedFrom('NATTER_EVICT_SEED', t));
    const persistTo = scratchFolder(t);
    const room = await openChatroom(t, { persistTo });
    const users = await Promise.all(transports.map(async (transports, index) => {
      const username = `user${index}`;
      return { username, token: await room.token(username), transports };
    }));
    const crowd = await Crowd.gather(room.url, users);
    t.after(() => crowd.leave());
    crowd.start(5);
    for (let count = 0; count < evictions; count++) {
      await pause(roll(0, 100));
      const lost = sockets === 'close' && crowd.isCut();
      await room.natter.evict(sockets);
      await lost;
      await crowd.recovers();
    }
    await crowd.stop();
    await crowd.hasHeardAll();
    crowd.leave();
    await room.close();

    const kept = messagesOnDisk(persistTo);
    t.diagnostic(`${kept.length} messages; ${crowd.freshSessions} sessions began afresh`);
    crowd.check(kept);
    assert.equal(crowd.freshSessions, 0, 'every session was recovered');
  });
}
