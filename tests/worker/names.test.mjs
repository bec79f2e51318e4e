// Usernames from existing frontends, everywhere a name appears.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openChatroom, password } from './support/chatroom.mjs';
import { post, request } from './support/rest.mjs';
import { claims, open, sign } from './support/tokens.mjs';

const secret = 'wT7kqZ0vR3nYb8LxJ5dGf2HcUa9PsE1m';
const bearer = (token) => ({ headers: { authorization: `Bearer ${token}` } });

/** WebSocket only, because an object with an open poll is not evicted. */
const webSocket = { transports: ['websocket'] };

/** Names as they are shown, and as others may type them. */
const names = [
  ['alice@example.com', 'Alice@Example.COM'], ['John Doe', ' john  doe '], ['o\'neil', 'O\'NEIL'], ['dave+work', 'DAVE+WORK'], ['eve!', 'ＥＶＥ！'],
  ['😀smile', '😀SMILE'], ['👩🏽\u200d🚀 Ann', '👩🏽🚀 ann'], ['❤\ufe0f & Ann', '❤ & ANN'], ['a:b/c?d#e%20"\\', 'A:B/C?D#E%20"\\'], ['علی\u200cرضا', 'علیرضا'],
  ['x'.repeat(40), 'X'.repeat(40)], ['\u{1d6c2}\u0313\u0300\u0345'.repeat(64), '\u1f82'.repeat(64)],
];

/** Rare heartbeats, because an approaching one keeps an object in memory. */
const sleepy = { PING_INTERVAL_MS: '300000', PING_TIMEOUT_MS: '300000' };

let room;
before(async () => {
  room = await openChatroom({ vars: { JWT_SECRET: secret, TURN_URLS: 'turn:turn.example:3478', TURN_SECRET: 'north', ...sleepy } });
});

describe('a name of an existing frontend', () => {
  for (const [index, [shown, typed]] of names.entries()) {
    it(`works everywhere: ${shown.slice(0, 24)}`, async () => {
      const registered = await post(room.url, '/api/auth/register', { username: shown, password });
      assert.deepEqual([registered.status, registered.body.username], [201, shown], JSON.stringify(registered.body));
      assert.equal((await post(room.url, '/api/auth/register', { username: typed, password })).body.code, 'username_taken');
      const login = await post(room.url, '/api/auth/login', { username: typed, password });
      assert.deepEqual([login.status, login.body.username], [200, shown]);
      const { payload } = open(secret, login.body.token);
      assert.deepEqual([payload.sub, payload.username], [shown, shown]);
      assert.equal((await request(room.url, '/api/auth/me', bearer(login.body.token))).body.username, shown);
      const { iceServers: [, turn] } = (await request(room.url, '/api/ice-servers', bearer(login.body.token))).body;
      assert.match(turn.username, /^\d+:[\w-]{22}$/);

      const user = room.client({ token: login.body.token, ...webSocket });
      assert.ok((await user.next('online_users')).includes(shown));
      const peer = `Ben ${index}`;
      const ben = await room.join(peer, webSocket);
      assert.ok(ben.all('online_users')[0].includes(shown));
      const { message } = await user.ask('send_message', { text: 'hello', clientId: 'c1' });
      assert.equal(message.username, shown);
      await ben.next('new_message', ({ username }) => username === shown);
      assert.equal((await ben.ask('call_user', { to: typed, offer: 1 })).ok, true);
      await user.next('incoming_call');
      assert.equal((await user.ask('call_answer', { to: peer, answer: 1 })).ok, true);
      assert.deepEqual(await ben.next('call_answered'), { from: shown, answer: 1 });

      await room.natter.evict();
      assert.deepEqual(await user.ask('send_message', { text: 'hello', clientId: 'c1' }), { ok: true, message });
      const change = { currentPassword: password, newPassword: `${password} 2` };
      const changed = await post(room.url, '/api/auth/password', change, bearer(login.body.token).headers);
      assert.deepEqual([changed.status, changed.body.username], [200, shown]);
      const renewed = await post(room.url, '/api/auth/refresh', { refreshToken: changed.body.refreshToken });
      assert.deepEqual([renewed.status, renewed.body.username], [200, shown]);
      assert.equal((await post(room.url, '/api/auth/logout', { refreshToken: renewed.body.refreshToken })).status, 204);
      await user.next('disconnect');
      const history = await request(room.url, '/api/messages?limit=1', bearer(await room.token(peer)));
      assert.deepEqual(history.body.messages, [message]);
    });
  }

  it('may be in a token that another program has signed', async () => {
    const jane = room.client({ token: sign(secret, claims('Jane  Doe')), ...webSocket });
    assert.ok((await jane.next('online_users')).includes('Jane Doe'));
  });
});
