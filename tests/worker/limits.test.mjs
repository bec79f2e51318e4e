// Limits on clients, and their effect on others.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openChatroom, password } from './support/chatroom.mjs';
import { Flood } from './support/flood.mjs';
import { RawPolling, RawWebSocket, socketRequest } from './support/raw.mjs';
import { post, request } from './support/rest.mjs';
import { scratchFolder } from './support/scratch.mjs';

const from = (address) => ({ 'cf-connecting-ip': address });
const JWT_SECRET = 'wT7kqZ0vR3nYb8LxJ5dGf2HcUa9PsE1m';

function assertTooMany({ status, headers, body }) {
  assert.deepEqual([status, body.code], [429, 'too_many_attempts'], JSON.stringify(body));
  assert.match(headers.get('retry-after'), /^[1-9]\d*$/);
}

/** Guesses until the delay is long enough to be observed on a slow machine. */
async function wearOut(guess, refused) {
  let free = 0;
  for (;;) {
    const answer = await guess();
    if (answer.status === refused) {
      free += 1;
      continue;
    }
    assertTooMany(answer);
    assert.ok(free >= 3, `only ${free} guesses were free`);
    const seconds = Number(answer.headers.get('retry-after'));
    if (seconds >= 8) return;
    await pause(1000 * seconds);
  }
}

describe('guessing a password', () => {
  const vars = { JWT_SECRET, LOGIN_ATTEMPTS: '3', LOGIN_ATTEMPTS_PER_ACCOUNT: '6' };
  const login = (room, address, username = 'ann', secret = 'not the right one') =>
    post(room.url, '/api/auth/login', { username, password: secret }, from(address));

  it('is delayed more and more, also after a restart, and locks the owner out nowhere else', async () => {
    const persistTo = scratchFolder();
    const first = await openChatroom({ vars, persistTo });
    await post(first.url, '/api/auth/register', { username: 'ann', password }, from('192.0.2.1'));
    await wearOut(() => login(first, '192.0.2.66'), 401);
    assertTooMany(await login(first, '192.0.2.66', 'ann', password));
    await first.natter.evict();
    assertTooMany(await login(first, '192.0.2.66'));
    await first.close();

    const second = await openChatroom({ vars: { ...vars, LOGIN_MAX_DELAY_SECONDS: '5' }, persistTo });
    // From here on the account's attempts are used up, and unknown addresses wait, at most for the limit.
    for (let time = 0; time < 5; time += 1) await login(second, `192.0.2.${70 + time}`);
    const stranger = await login(second, '192.0.2.80', 'ann', password);
    assertTooMany(stranger);
    assert.ok(Number(stranger.headers.get('retry-after')) <= 5);
    assert.equal((await login(second, '192.0.2.1', 'ann', password)).status, 200);
  });

  it('is stopped in the same way if the user does not exist', async () => {
    const room = await openChatroom({ vars });
    await wearOut(() => login(room, '192.0.2.66', 'nobody'), 401);
    assertTooMany(await login(room, '192.0.2.66', 'ＮＯＢＯＤＹ'));
  });

  it('in parallel does not get around the delay', async () => {
    const room = await openChatroom({ vars });
    const started = performance.now();
    const answers = await Promise.all(Array.from({ length: 20 }, () => login(room, '192.0.2.66')));
    const most = 3 + Math.max(3, Math.ceil((performance.now() - started) / 1000));
    const compared = answers.filter(({ status }) => status === 401).length;
    const refused = answers.filter(({ status }) => status === 429).length;
    // Verifying takes time, and each second may let another guess through.
    assert.ok(compared >= 3 && compared <= most && compared + refused === 20, `${compared} compared, ${refused} refused`);
  });

  it('is limited with a stolen token too', async () => {
    const room = await openChatroom({ vars });
    const { body } = await post(room.url, '/api/auth/register', { username: 'ann', password }, from('192.0.2.1'));
    const change = () => post(
      room.url,
      '/api/auth/password',
      { currentPassword: 'not the right one', newPassword: password },
      { ...from('192.0.2.66'), authorization: `Bearer ${body.token}` },
    );
    await wearOut(change, 403);
  });
});

describe('registering', () => {
  it('is limited by address, and an IPv6 network counts as one address', async () => {
    const room = await openChatroom({ vars: { REGISTRATIONS_PER_HOUR: '3' } });
    const register = (username, address) => post(room.url, '/api/auth/register', { username, password }, from(address));
    for (let number = 0; number < 3; number += 1) {
      assert.equal((await register(`user${number}`, `2001:db8:0:1::${number}`)).status, 201);
    }
    assertTooMany(await register('user4', '2001:db8:0:1:ffff::'));
    assert.equal((await register('user4', '2001:db8:0:2::1')).status, 201);
    assert.equal((await register('user5', '192.0.2.1')).status, 201);
  });
});

describe('connections', () => {
  it('are limited by address', async () => {
    const room = await openChatroom({ vars: { CONNECTIONS_PER_ADDRESS: '2' } });
    const socket = await RawWebSocket.open(room.url);
    await RawPolling.open(room.url);
    const answer = await socketRequest(room.url, { EIO: '4', transport: 'polling' });
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [429, '60']);
    assert.deepEqual(await answer.json(), { code: 4, message: 'Too many connections' });
    await socket.close();
    await RawPolling.open(room.url);
  });

  it('are limited by user', async () => {
    const room = await openChatroom({ vars: { SOCKETS_PER_USER: '2' } });
    const [first] = await room.joinAll(['ann', 'ann']);
    const third = room.client({ token: await room.token('ann') });
    const error = await third.next('connect_error');
    assert.deepEqual([error.message, error.data], ['Too many connections', { code: 'too_many_connections', retryAfterMs: 60_000 }]);
    await first.leave();
    await room.join('ann');
  });
});

describe('a client that joins too often', () => {
  for (const transports of [['websocket'], ['polling']]) {
    it(`is disconnected and comes back by itself, over ${transports}`, async () => {
      // Four at once, then one every 4 seconds.
      const room = await openChatroom({ vars: { CONNECTS_PER_MINUTE: '16' } });
      await room.joinAll(['ann', 'ann', 'ann', 'ann']);
      const last = room.client({ token: await room.token('ann'), transports });
      await last.next('connect');
      assert.deepEqual(last.all('connect_error'), []);
    });
  }
});

describe('a flood', () => {
  let room, flooder, ann, listener;
  before(async () => {
    room = await openChatroom({ vars: { MESSAGES_PER_MINUTE: '240', HISTORY_LOADS_PER_MINUTE: '4' } });
    [flooder, ann, listener] = await room.joinAll(['flooder', 'ann', 'listener'], { transports: ['websocket'] });
  });

  it('is queued up to a limit, and refused beyond it with the time to wait', async () => {
    const refused = [];
    // This exceeds the burst and the queue by ten seconds' worth of messages.
    for (let number = 0; number < 60 + 300 + 40; number += 1) {
      flooder.socket.emit('send_message', { text: `flood ${number}` }, (answer) => answer.ok || refused.push(answer));
    }
    await flooder.until(() => refused.length > 0, 'refusal');
    for (const { ok, code, retryAfterMs, error } of refused) {
      assert.deepEqual([ok, code], [false, 'rate_limited']);
      assert.ok(retryAfterMs > 0 && retryAfterMs <= 250, retryAfterMs);
      assert.match(error, /^[A-Z].*\.$/);
    }
    for (let count = 0; count < 40; count += 1) flooder.socket.emit('send_message', { text: 'flood' });
    const { event, code, retryAfterMs } = await flooder.next('exception');
    assert.deepEqual([event, code, retryAfterMs > 0], ['send_message', 'rate_limited', true]);
    // Other users do not wait, and the flood arrives in order.
    const { ok } = await ann.ask('send_message', { text: 'hello' });
    assert.ok(ok);
    await listener.until(() => listener.all('new_message').some(({ text }) => text === 'hello'), 'hello');
    const flood = listener.all('new_message').filter(({ username }) => username === 'flooder').map(({ text }) => text);
    assert.ok(flood.length < 300, 'the flood waits');
    assert.deepEqual(flood, flood.map((_, number) => `flood ${number}`));
  });

  it('over REST is refused with Retry-After', async () => {
    const headers = { authorization: `Bearer ${await room.token('ann')}` };
    const started = performance.now();
    assert.equal((await request(room.url, '/api/messages', { headers })).status, 200);
    const refused = await request(room.url, '/api/messages', { headers });
    const least = Math.ceil(15 - (performance.now() - started) / 1000);
    assert.deepEqual([refused.status, refused.body.code], [429, 'rate_limited']);
    const seconds = Number(refused.headers.get('retry-after'));
    assert.ok(seconds >= least && seconds <= 15, `Retry-After: ${seconds}, at least ${least}`);
  });
});

it('messages written offline all get through', async () => {
  const room = await openChatroom({ vars: { MESSAGES_PER_MINUTE: '1200' } });
  const listener = await room.join('listener', { transports: ['websocket'] });
  const writer = room.client({ token: await room.token('writer'), autoConnect: false, retries: 10, ackTimeout: 5000 });
  const count = 400;
  const answers = [];
  for (let number = 0; number < count; number += 1) {
    const message = { text: `offline ${number}`, clientId: `c${number}` };
    writer.socket.emit('send_message', message, (error, answer) => answers.push(error ?? answer));
  }
  writer.socket.connect();
  await listener.until(() => listener.all('new_message').length === count, 'all messages');
  assert.deepEqual(listener.all('new_message').slice(0, count).map(({ text }) => text), Array.from({ length: count }, (_, number) => `offline ${number}`));
  await writer.until(() => answers.length === count, 'all acknowledgements');
  assert.ok(answers.every(({ ok }) => ok), JSON.stringify(answers.find(({ ok }) => !ok)));
});

it('a flood does not keep others from sending and being heard', async (t) => {
  const room = await openChatroom({ vars: { MESSAGES_PER_MINUTE: '2400' } });
  const [ann, listener] = await room.joinAll(['ann', 'listener'], { transports: ['websocket'] });
  const flood = await Flood.of(room.url, await room.token('flooder'));
  t.after(() => flood.end());
  flood.flow();
  await flood.refusal();
  // Far fewer than the burst of 600 that a user may send, however fast the machine is.
  for (let number = 0; number < 50; number += 1) {
    const { ok, message } = await ann.ask('send_message', { text: `number ${number}` });
    assert.ok(ok);
    await listener.next('new_message', ({ id }) => id === message.id);
  }
  await flood.refusal();
  t.diagnostic(`${flood.refused} messages were refused`);
});
