// Logins, their renewal and end, and the effect on connected sockets.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openChatroom, password } from './support/chatroom.mjs';
import { post, request } from './support/rest.mjs';
import { claims, open, sign } from './support/tokens.mjs';

const secret = 'wT7kqZ0vR3nYb8LxJ5dGf2HcUa9PsE1m';
let room;
before(async () => (room = await openChatroom({ vars: { JWT_SECRET: secret } })));

const bearer = (token) => ({ authorization: `Bearer ${token}` });
const credentials = (username) => ({ username, password });
const refresh = (refreshToken) => post(room.url, '/api/auth/refresh', { refreshToken });
const logout = (refreshToken) => post(room.url, '/api/auth/logout', { refreshToken });
const login = async (username) => welcomed(await post(room.url, '/api/auth/login', credentials(username)));
const register = async (username) => welcomed(await post(room.url, '/api/auth/register', credentials(username)), 201);
const me = (token) => request(room.url, '/api/auth/me', { headers: bearer(token) });
const changePassword = (token, currentPassword, newPassword) =>
  post(room.url, '/api/auth/password', { currentPassword, newPassword }, bearer(token));

/** Checks the answer to a login or registration, and returns its token pair without the sentence. */
function welcomed({ body: { message, ...body }, ...answer }, expected) {
  assert.equal(typeof message, 'string');
  return granted({ ...answer, body }, expected);
}

/** Checks an answer, and returns its token pair. */
function granted({ status, headers, body }, expected = 200) {
  assert.equal(status, expected, JSON.stringify(body));
  assert.equal(headers.get('cache-control'), 'no-store');
  assert.deepEqual(Object.keys(body).sort(), ['expiresAt', 'refreshToken', 'token', 'username']);
  assert.equal(new Date(body.expiresAt).toISOString(), body.expiresAt);
  assert.equal(new Date(body.expiresAt).getTime(), open(secret, body.token).payload.exp * 1000);
  return body;
}

function assertRefused({ status, body }, expectedStatus, code) {
  assert.deepEqual([status, body.code], [expectedStatus, code], JSON.stringify(body));
}

/** Connects a client with this token. */
async function join(token, options) {
  const client = room.client({ token, ...options });
  await client.next('connect');
  return client;
}

describe('a login', () => {
  it('is renewed by a new pair each time', async () => {
    let pair = await register('goes-on');
    for (let time = 0; time < 3; time += 1) {
      const next = granted(await refresh(pair.refreshToken));
      assert.notEqual(next.refreshToken, pair.refreshToken);
      assert.equal(next.username, 'goes-on');
      pair = next;
    }
    assert.equal((await me(pair.token)).status, 200);
  });

  it('ends everywhere when a stolen refresh token is used twice', async () => {
    const pair = await register('robbed');
    const other = await login('robbed');
    const next = granted(await refresh(granted(await refresh(pair.refreshToken)).refreshToken));
    const client = await join(next.token);
    assertRefused(await refresh(pair.refreshToken), 401, 'token_revoked');
    await client.next('disconnect', (reason) => reason === 'io server disconnect');
    assertRefused(await refresh(next.refreshToken), 401, 'token_revoked');
    assertRefused(await me(next.token), 401, 'token_revoked');
    granted(await refresh(other.refreshToken));
  });

  it('is renewed once when one token is used many times at the same moment', async () => {
    const { refreshToken } = await register('concurrent');
    const [first, ...others] = (await Promise.all(Array.from({ length: 6 }, () => refresh(refreshToken)))).map((answer) => granted(answer));
    for (const other of others) assert.deepEqual(other, first);
    granted(await refresh(first.refreshToken));
  });

  for (const token of ['', 'garbage', 'A'.repeat(64), '\u0000', 'x'.repeat(60_000)]) {
    it(`is not renewed by ${JSON.stringify(token).slice(0, 20)}`, async () => {
      assertRefused(await refresh(token), 401, 'token_revoked');
      assert.equal((await logout(token)).status, 204);
    });
  }

  it('survives an eviction of the room', async () => {
    const own = await openChatroom({ vars: { JWT_SECRET: secret } });
    const pair = welcomed(await post(own.url, '/api/auth/register', credentials('evicted')), 201);
    const client = own.client({ token: pair.token, transports: ['websocket'] });
    await client.next('online_users');
    await own.natter.evict();
    const { refreshToken } = granted(await post(own.url, '/api/auth/refresh', { refreshToken: pair.refreshToken }));
    assert.equal((await post(own.url, '/api/auth/logout', { refreshToken })).status, 204);
    await client.next('disconnect', (reason) => reason === 'io server disconnect');
  });
});

describe('logging out', () => {
  for (const transports of [['websocket'], ['polling']]) {
    it(`disconnects the sockets of the login over ${transports}, and no others`, async () => {
      const username = `leaves-${transports}`;
      const pair = await register(username);
      const phone = await login(username);
      const [tab, other] = await Promise.all([join(pair.token, { transports }), join(phone.token, { transports })]);
      const { status, body } = await logout(pair.refreshToken);
      assert.deepEqual([status, body], [204, '']);
      await tab.next('disconnect', (reason) => reason === 'io server disconnect');
      await room.fence(other);
      assert.deepEqual(other.all('disconnect'), []);
      const again = room.client({ token: pair.token, transports });
      assert.deepEqual((await again.next('connect_error')).data, { code: 'token_revoked' });
      assertRefused(await request(room.url, '/api/messages', { headers: bearer(pair.token) }), 401, 'token_revoked');
    });
  }
});

describe('changing the password', () => {
  const next = 'another horse, another battery';

  it('ends every other login, and leaves the socket of this one', async () => {
    const pair = await register('changes');
    const other = await login('changes');
    const [own, foreign] = await Promise.all([join(pair.token), join(other.token)]);
    const renewed = granted(await changePassword(pair.token, password, next));
    await foreign.next('disconnect', (reason) => reason === 'io server disconnect');
    await room.fence(own);
    assert.deepEqual(own.all('disconnect'), []);
    for (const before of [pair, other]) {
      assertRefused(await me(before.token), 401, 'token_revoked');
      assertRefused(await refresh(before.refreshToken), 401, 'token_revoked');
    }
    granted(await refresh(renewed.refreshToken));
    assertRefused(await post(room.url, '/api/auth/login', credentials('changes')), 401, 'invalid_credentials');
    welcomed(await post(room.url, '/api/auth/login', { username: 'changes', password: next }));
  });

  it('is refused with a wrong password, an unacceptable one, or none of a session', async () => {
    const { token } = await register('keeps');
    assertRefused(await changePassword(token, 'not the right one', next), 403, 'wrong_password');
    assertRefused(await changePassword(token, '', next), 403, 'wrong_password');
    assertRefused(await changePassword(token, password, 'short'), 400, 'password_invalid');
    assertRefused(await changePassword('garbage', password, next), 401, 'token_invalid');
    assertRefused(await post(room.url, '/api/auth/password', {}, bearer(token)), 400, 'invalid_body');
    assertRefused(await post(room.url, '/api/auth/password', { currentPassword: password, newPassword: next }), 401, 'token_missing');
    await login('keeps');
  });
});

describe('the identity route', () => {
  it('answers the bearer of a token', async () => {
    const { token } = await register('Zoe\u0301');
    const { status, body } = await me(token);
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body), ['username', 'createdAt']);
    assert.equal(body.username, 'Zo\u00e9');
    assert.equal(new Date(body.createdAt).toISOString(), body.createdAt);
    assert.ok(Math.abs(Date.now() - new Date(body.createdAt)) < 60_000);
  });

  it('refuses everyone else', async () => {
    assertRefused(await request(room.url, '/api/auth/me'), 401, 'token_missing');
    assertRefused(await me('garbage'), 401, 'token_invalid');
    assertRefused(await me(sign(secret, claims('nobody'))), 401, 'token_revoked');
  });
});

describe('a token that expires while its socket is connected', { concurrency: true }, () => {
  /** Seconds: long enough to connect and to renew a token on a busy machine. */
  const lifetime = 12;
  const inSeconds = (username, seconds) => sign(secret, { ...claims(username), exp: Math.floor(Date.now() / 1000) + seconds });

  for (const transports of [['websocket'], ['polling']]) {
    it(`is announced before the socket is disconnected, over ${transports}`, async () => {
      const client = room.client({ token: inSeconds('expires', lifetime), transports });
      await client.next('disconnect', (reason) => reason === 'io server disconnect');
      const names = client.events.map(({ name }) => name).filter((name) => name !== 'online_users');
      assert.deepEqual(names.slice(-2), ['token_expired', 'disconnect']);
    });
  }

  for (const transports of [['websocket'], ['polling']]) {
    it(`lets the session recover under a newer one, over ${transports}`, async () => {
      const room = await openChatroom({ vars: { JWT_SECRET: secret } });
      const ben = await room.join('ben');
      const client = room.client({ token: inSeconds('comes-back', lifetime), transports });
      await client.next('message_history');
      await room.fence(ben, [client]);
      const { id } = client.socket;
      await client.next('disconnect', (reason) => reason === 'io server disconnect');
      assert.ok(new Date(client.all('token_expired')[0].expiredAt) <= Date.now());
      const missed = [await room.fence(ben), await room.fence(ben)];
      client.socket.auth = { token: inSeconds('comes-back', 60) };
      client.socket.connect();
      await client.until(() => client.all('connect').length === 2, 'connected again');
      assert.ok(client.socket.recovered);
      assert.equal(client.socket.id, id);
      const last = await room.fence(ben, [client]);
      const ids = client.all('new_message').map((message) => message.id);
      assert.deepEqual(ids.slice(1), [...missed, last].map((message) => message.id));
    });
  }

  it('is replaced by a newer one, and the socket stays', async () => {
    const other = room.client({ token: inSeconds('expires-too', lifetime) });
    const client = room.client({ token: inSeconds('stays', lifetime) });
    await Promise.all([client.next('connect'), other.next('connect')]);
    assert.equal((await client.ask('refresh_token', { token: inSeconds('somebody', 3600) })).code, 'token_of_another_user');
    const { ok, expiresAt } = await client.ask('refresh_token', { token: inSeconds('Stays', 3600) });
    assert.equal(ok, true);
    assert.ok(new Date(expiresAt) - Date.now() > 1_800_000);
    await other.next('disconnect');
    await room.fence(client);
    assert.deepEqual(client.all('token_expired'), []);
  });
});

describe('a secret that was replaced', () => {
  it('leaves tokens valid as long as it is set as the previous one', async () => {
    const JWT_SECRET = 'Zq1cV6nM4bX9kL2jH7gF5dS8aP3oI0uY';
    const old = sign(secret, claims('ann'));
    const during = await openChatroom({ vars: { JWT_SECRET, JWT_SECRET_PREVIOUS: secret } });
    await during.client({ token: old }).next('connect');
    const later = await openChatroom({ vars: { JWT_SECRET } });
    assert.deepEqual((await later.client({ token: old }).next('connect_error')).data, { code: 'token_invalid' });
  });
});
