// No secret reaches the log, whether requests succeed or fail.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import { openChatroom } from './support/chatroom.mjs';
import { RawWebSocket } from './support/raw.mjs';
import { post, request } from './support/rest.mjs';

it('the log contains no password, token or message', async () => {
  const vars = { JWT_SECRET: `jwt ${randomUUID()} ${randomUUID()}`, JWT_SECRET_PREVIOUS: `old ${randomUUID()} ${randomUUID()}` };
  const room = await openChatroom({ vars, expectLog: true });
  const secrets = [...Object.values(vars)];
  const secret = (text = '') => {
    secrets.push(`${text}${randomUUID()}`);
    return secrets.at(-1);
  };
  const ask = async (path, body, headers) => {
    const answer = await post(room.url, path, body, headers);
    for (const token of [answer.body?.token, answer.body?.refreshToken]) if (token) secrets.push(token);
    return answer;
  };

  // Requests that succeed.
  const password = secret('password ');
  const registered = (await ask('/api/auth/register', { username: 'ann', password })).body;
  const { body } = await ask('/api/auth/login', { username: 'ann', password });
  const refreshed = (await ask('/api/auth/refresh', { refreshToken: body.refreshToken })).body;
  const bearer = { authorization: `Bearer ${refreshed.token}` };
  const changed = (await ask('/api/auth/password', { currentPassword: password, newPassword: secret('new ') }, bearer)).body;
  const client = room.client({ token: changed.token, transports: ['websocket'] });
  await client.next('connect');
  const said = secret('said ');
  assert.equal((await client.ask('send_message', { text: said, clientId: secret('id ') })).ok, true);
  await room.natter.evict();
  assert.equal((await client.ask('load_history', {})).messages[0].text, said);

  // Requests that fail.
  await ask('/api/auth/login', { username: secret(), password: secret() });
  await ask('/api/auth/login', `{"username":"ann","password":"${secret()}`);
  await ask('/api/auth/register', { username: 'ann', password: secret() });
  await ask('/api/auth/refresh', { refreshToken: body.refreshToken });
  await ask('/api/auth/refresh', { refreshToken: secret() });
  await ask('/api/auth/logout', { refreshToken: registered.refreshToken });
  await request(room.url, '/api/auth/me', { headers: { authorization: `Bearer ${secret()}` } });
  await request(room.url, `/api/messages?before=${secret()}`, { headers: { authorization: `Bearer ${changed.token}` } });
  await client.ask('send_message', { text: `\u0000${secret()}` });
  await client.ask('refresh_token', { token: secret() });
  await client.ask(secret('event '), { text: secret() });
  await room.client({ token: secret() }).next('connect_error');
  const broken = await RawWebSocket.open(room.url);
  broken.send(`42["send_message",{"text":"${secret()}`);
  await broken.end();

  assert.ok(secrets.length > 25);
  const log = room.log.join('\n');
  for (const text of secrets) {
    // Neither whole nor as a recognisable part.
    for (const part of [text, text.slice(-20)]) assert.ok(!log.includes(part), 'a secret is in the log');
  }
});

it('these tests read the real log', async () => {
  const room = await openChatroom({ vars: { JWT_SECRET: 'short' }, expectLog: true });
  await request(room.url, '/health');
  assert.match(room.log.join('\n'), /JWT_SECRET/);
});
