// Evicts the room repeatedly at random moments while clients talk. They must not notice.
import { it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { unlimited } from '../worker/support/chatroom.mjs';
import { startKillable } from '../worker/support/killable.mjs';
import { scratchFolder } from '../worker/support/scratch.mjs';
import { Crowd, registerAll } from './crowd.mjs';
import { dice, seedFrom } from './dice.mjs';

const evictions = 50;

const webSocket = { options: { transports: ['websocket'] } };
const polling = { options: { transports: ['polling'] } };

// An evicted room wakes with its WebSockets, and polling clients reconnect. An eviction needs a moment without requests, which is
// easy to find between the polls of one or two clients, but not of many.
const cases = [
  { name: 'WebSockets that stay connected', settings: [webSocket, webSocket, webSocket] },
  { name: 'WebSockets that stay connected, and polling', settings: [webSocket, webSocket, polling] },
  { name: 'a WebSocket that stays connected, and more polling', settings: [webSocket, polling, polling] },
];

for (const { name, settings } of cases) {
  it(`nothing is lost or duplicated although the room is evicted ${evictions} times, with ${name}`, async (t) => {
    const roll = dice(seedFrom('NATTER_EVICT_SEED', t));
    const persistTo = scratchFolder();
    const server = await startKillable(t, { vars: unlimited, persistTo }, scratchFolder());
    const crowd = await Crowd.gather(server.url, await registerAll(server.url, settings));
    t.after(() => crowd.leave());
    crowd.start(1);
    for (let count = 0; count < evictions; count++) {
      await pause(roll(0, 100));
      await server.evict('hibernate');
      await crowd.recovers();
    }
    await crowd.end(t, server, persistTo);
  });
}
