// Presence with any number of tabs, through lost connections and disconnects.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openChatroom } from './support/chatroom.mjs';
import { RawPolling, RawWebSocket } from './support/raw.mjs';
import { claims, sign } from './support/tokens.mjs';

/** The grace period of a lost connection and the interval between two lists, in milliseconds. The native tests measure both. */
const graceMs = 5000;
const coalescedMs = 50;

describe('presence', () => {
  it('lists a user once, with any number of tabs', async () => {
    const room = await openChatroom();
    const witness = await room.join('witness');
    const tabs = await Promise.all([
      room.join('ann'),
      room.join('ann', { transports: ['websocket'] }),
      room.join('ann', { transports: ['polling'] }),
    ]);
    await witness.next('online_users', (users) => users.includes('ann'));
    const list = witness.all('online_users').length;
    for (const tab of tabs) assert.deepEqual(tab.all('online_users').at(-1), ['ann', 'witness']);

    await tabs[0].leave();
    await tabs[1].leave();
    const late = await room.join('late');
    assert.deepEqual(late.all('online_users')[0], ['ann', 'late', 'witness'], 'as long as one tab is left');
    await witness.next('online_users', (users) => users.includes('late'));
    assert.equal(witness.all('online_users').length, list + 1, 'no change, no list');

    await tabs[2].leave();
    assert.deepEqual(await witness.next('online_users', (users) => !users.includes('ann')), ['late', 'witness']);
  });

  for (const transports of [['websocket'], ['polling']]) {
    it(`ends with an explicit disconnect over ${transports}`, async () => {
      const room = await openChatroom();
      const [witness, ann] = await room.joinAll(['witness', 'ann'], { transports });
      await witness.until(() => witness.all('online_users').at(-1).includes('ann'), 'ann online');
      ann.socket.disconnect();
      await witness.until(() => !witness.all('online_users').at(-1).includes('ann'), 'ann gone');
    });
  }

  it('does not ring a user in the grace period', async () => {
    const room = await openChatroom();
    const [ann, ben] = await room.joinAll(['ann', 'ben'], { transports: ['websocket'], reconnection: false });
    ben.lose();
    await ben.next('disconnect');
    const outcome = async () => (await ann.ask('call_user', { to: 'ben', offer: {} })).code;
    let code;
    // The server learns of the loss with a delay; until then the offer goes to a dead connection.
    do {
      code = await outcome();
      if (code === undefined) await ann.ask('end_call', { to: 'ben' });
    } while (code === undefined);
    assert.equal(code, 'user_offline');
  });

  it('is announced in a few lists when many users join together', async () => {
    const secret = 'wT7kqZ0vR3nYb8LxJ5dGf2HcUa9PsE1m';
    const room = await openChatroom({ vars: { JWT_SECRET: secret } });
    const witness = await room.join('witness');
    const names = Array.from({ length: 100 }, (_, index) => `user${String(index).padStart(3, '0')}`);
    const crowd = names.map((name) => room.client({ token: sign(secret, claims(name)), transports: ['websocket'] }));
    const everyone = [...names, 'witness'];
    const started = performance.now();
    for (const client of [witness, ...crowd]) {
      await client.until(() => client.all('online_users').at(-1)?.length === everyone.length, 'the whole list');
      assert.deepEqual(client.all('online_users').at(-1), everyone);
    }
    const most = 2 + (performance.now() - started) / coalescedMs;
    assert.ok(witness.all('online_users').length <= most, `${witness.all('online_users').length} lists, at most ${most} expected`);
  });
});

// These tests mostly wait for the clock.
describe('presence', { concurrency: true }, () => {
  it('keeps a user with a lost connection for some seconds, and no longer', async () => {
    const room = await openChatroom();
    const witness = await room.join('witness');
    const options = { transports: ['websocket'], reconnectionDelay: 500, reconnectionDelayMax: 500 };
    const [back, gone] = await Promise.all([room.join('back', options), room.join('gone', { ...options, reconnection: false })]);
    await witness.until(() => witness.all('online_users').at(-1).length === 3, 'all three online');
    const lists = witness.all('online_users').length;

    const lost = performance.now();
    back.lose();
    gone.lose();
    await back.next('disconnect');
    const heard = back.all('online_users').length;
    await back.next('connect');
    await back.until(() => back.all('online_users').length > heard, 'list after coming back');
    assert.deepEqual(back.all('online_users')[heard], ['back', 'gone', 'witness'], 'gone is still believed to come back');
    await witness.until(() => !witness.all('online_users').at(-1).includes('gone'), 'gone gone');
    const elapsed = performance.now() - lost;
    assert.ok(elapsed > graceMs - 500, `after ${elapsed} ms`);
    assert.deepEqual(witness.all('online_users').slice(lists), [['back', 'witness']], 'one change, one list');
  });

  // The timeouts leave the witness enough time to answer on a busy machine.
  const impatient = { PING_INTERVAL_MS: '10000', PING_TIMEOUT_MS: '10000' };

  it('ends for a WebSocket that no longer answers pings', async () => {
    const room = await openChatroom({ vars: impatient });
    const witness = await room.join('witness');
    const token = await room.token('silent');
    const silent = await RawWebSocket.open(room.url);
    await silent.join(token);
    await witness.next('online_users', (users) => users.includes('silent'));
    await silent.next((packet) => packet === '2');
    await silent.end();
    await witness.next('online_users', (users) => !users.includes('silent'));
    assert.deepEqual(witness.all('disconnect'), [], 'who answers stays');
  });

  it('ends for a client that no longer polls', async () => {
    const room = await openChatroom({ vars: impatient });
    const witness = await room.join('witness');
    const token = await room.token('silent');
    const silent = await RawPolling.open(room.url, { poll: false });
    await silent.send(`40${JSON.stringify({ token })}`);
    await witness.next('online_users', (users) => users.includes('silent'));
    await witness.next('online_users', (users) => !users.includes('silent'));
    assert.equal((await silent.get()).status, 400);
    assert.deepEqual(witness.all('disconnect'), []);
  });
});
