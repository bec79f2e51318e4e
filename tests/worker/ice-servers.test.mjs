// The route that lists STUN and TURN servers.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { it } from 'node:test';
import { openChatroom } from './support/chatroom.mjs';
import { post, request } from './support/rest.mjs';

const stun = { urls: ['stun:stun.cloudflare.com:3478'] };

async function iceServers(room, username = 'ann') {
  const answer = await request(room.url, '/api/ice-servers', { headers: { authorization: `Bearer ${await room.token(username)}` } });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  return answer.body;
}

function assertExpiresIn(seconds, expiresAt) {
  const rest = (Date.parse(expiresAt) - Date.now()) / 1000;
  assert.ok(rest > seconds - 60 && rest <= seconds, `${rest} s`);
}

/** Starts a stand-in for Cloudflare's TURN API. `answer` answers its requests. */
async function startApi(t, answer) {
  const asked = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push({ method: request.method, url: request.url, authorization: request.headers.authorization, body });
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, asked };
}

const key = { TURN_KEY_ID: 'abc123', TURN_KEY_API_TOKEN: 'qV4xW8sD2-token' };

it('STUN is available without configuration', async () => {
  const room = await openChatroom();
  const { iceServers: servers, expiresAt } = await iceServers(room);
  assert.deepEqual(servers, [stun]);
  assertExpiresIn(3600, expiresAt);
});

it('the list requires a token whose login has not ended', async () => {
  const room = await openChatroom();
  const without = await request(room.url, '/api/ice-servers');
  assert.deepEqual([without.status, without.body.code], [401, 'token_missing']);
  const { body } = await post(room.url, '/api/auth/register', { username: 'ben', password: 'correct horse battery' });
  await post(room.url, '/api/auth/logout', { refreshToken: body.refreshToken });
  const ended = await request(room.url, '/api/ice-servers', { headers: { authorization: `Bearer ${body.token}` } });
  assert.deepEqual([ended.status, ended.body.code], [401, 'token_revoked']);
});

it('credentials from a shared secret contain their expiry and a hash of the user, and are signed', async () => {
  const vars = { TURN_URLS: 'turn:turn.example:3478', TURN_SECRET: 'north', TURN_TTL_SECONDS: '600' };
  const room = await openChatroom({ vars });
  const { iceServers: [first, turn], expiresAt } = await iceServers(room, 'eleni: ☎');
  assert.deepEqual(first, stun);
  assertExpiresIn(600, expiresAt);
  assert.deepEqual(turn.urls, ['turn:turn.example:3478']);
  const [end, hash] = turn.username.split(':');
  assert.equal(Number(end), Math.floor(Date.parse(expiresAt) / 1000));
  assert.match(hash, /^[\w-]{22}$/);
  assert.equal(turn.username, `${end}:${hash}`, 'nothing else');
  assert.equal(turn.credential, createHmac('sha1', 'north').update(turn.username).digest('base64'));
  const { iceServers: [, ofAnother] } = await iceServers(room, 'ann');
  assert.notEqual(ofAnother.username.split(':')[1], hash);
});

it('credentials from Cloudflare’s service are requested once per user', async (t) => {
  const turn = { urls: ['turn:turn.cloudflare.com:3478?transport=udp'], username: 'u', credential: 'c' };
  const api = await startApi(t, (response) => response.writeHead(201).end(JSON.stringify({ iceServers: [stun, turn] })));
  const room = await openChatroom({ vars: { ...key, TURN_API_URL: `${api.url}/`, TURN_TTL_SECONDS: '900' } });
  const [first, ...others] = [...await Promise.all(Array.from({ length: 4 }, () => iceServers(room))), await iceServers(room)];
  assert.deepEqual(first.iceServers, [stun, turn]);
  assertExpiresIn(900, first.expiresAt);
  // A later answer states when they really expire.
  for (const other of others) assert.deepEqual(other, first);
  assert.deepEqual((await iceServers(room, 'ben')).iceServers, [stun, turn]);
  assert.deepEqual(api.asked, Array(2).fill({
    method: 'POST',
    url: '/v1/turn/keys/abc123/credentials/generate-ice-servers',
    authorization: 'Bearer qV4xW8sD2-token',
    body: '{"ttl":900}',
  }));
});

const failures = {
  'refuses the token': [(response) => response.writeHead(401).end('{"error":"qV4xW8sD2"}'), /TURN: the API answered 401/],
  'fails': [(response) => response.writeHead(500).end(), /TURN: the API answered 500/],
  'answers something else': [(response) => response.end('<html>qV4xW8sD2</html>'), /TURN: the API answered something else/],
  'answers without end': [(response) => response.end(JSON.stringify({ iceServers: [], more: 'qV4xW8sD2'.repeat(10_000) })), /something else/],
  'does not answer': [() => {}, /TURN: the API cannot be reached, or takes too long/],
  'hangs up': [(response) => response.destroy(), /TURN: the API cannot be reached, or takes too long/],
};
for (const [what, [answer, log]] of Object.entries(failures)) {
  it(`STUN is still available when Cloudflare’s service ${what}, and the log says why`, async (t) => {
    const api = await startApi(t, answer);
    const room = await openChatroom({ vars: { ...key, TURN_API_URL: api.url }, expectLog: true });
    const { iceServers: servers, expiresAt } = await iceServers(room);
    assert.deepEqual(servers, [stun]);
    assertExpiresIn(3600, expiresAt);
    assert.match(room.log.join('\n'), log);
    assert.doesNotMatch(room.log.join('\n'), /qV4xW8sD2/);
  });
}
