// Kills the server repeatedly at random moments while clients talk. They must not lose anything.
import { it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { unlimited } from '../worker/support/chatroom.mjs';
import { transportSettings } from '../worker/support/client.mjs';
import { startKillable } from '../worker/support/killable.mjs';
import { scratchFolder } from '../worker/support/scratch.mjs';
import { Crowd, registerAll } from './crowd.mjs';
import { dice, seedFrom } from './dice.mjs';

const kills = 50;
const vars = { ...unlimited, JWT_SECRET: 'wT7kqZ0vR3nYb8LxJ5dGf2HcUa9PsE1m' };

it(`nothing is lost or duplicated although the server is killed ${kills} times`, async (t) => {
  const roll = dice(seedFrom('NATTER_KILL_SEED', t));
  const persistTo = scratchFolder();
  const temporary = scratchFolder();
  let server = await startKillable(t, { vars, persistTo }, temporary);
  const port = Number(new URL(server.url).port);

  const crowd = await Crowd.gather(server.url, await registerAll(server.url, [...transportSettings, ...transportSettings]));
  t.after(() => crowd.leave());
  crowd.start(1);
  for (let count = 0; count < kills; count++) {
    await pause(roll(0, 300));
    await server.kill();
    server = await startKillable(t, { vars, persistTo, port }, temporary);
    await crowd.recovers();
  }
  await crowd.end(t, server, persistTo);
});
