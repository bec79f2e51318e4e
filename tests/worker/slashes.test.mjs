// A trailing slash makes no difference, as in Express. Any other difference makes another path.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, it } from 'node:test';
import { openChatroom, password } from './support/chatroom.mjs';
import { post, request } from './support/rest.mjs';
import { scratchFolder } from './support/scratch.mjs';

const frontend = 'http://localhost:5173';
const methods = {
  '/health': 'GET, HEAD',
  '/openapi.json': 'GET',
  '/asyncapi.json': 'GET',
  '/api/messages': 'GET',
  '/api/auth/me': 'GET',
  '/api/ice-servers': 'GET',
  '/api/auth/register': 'POST',
  '/api/auth/login': 'POST',
  '/api/auth/refresh': 'POST',
  '/api/auth/logout': 'POST',
  '/api/auth/password': 'POST',
  '/api/admin/import': 'POST',
};

let room;
before(async () => {
  // With a page, so that requests pass its assets before they reach the Worker.
  const page = scratchFolder();
  writeFileSync(join(page, 'index.html'), '<title>page</title>');
  room = await openChatroom({ page });
});

it('registration, login and identity work with a trailing slash', async () => {
  const registered = await post(room.url, '/api/auth/register/', { username: 'ann', password });
  assert.equal(registered.status, 201, JSON.stringify(registered.body));
  const { status, body } = await post(room.url, '/api/auth/login/?next=/', { username: 'ann', password });
  assert.equal(status, 200);
  const headers = { authorization: `Bearer ${body.token}` };
  assert.equal((await request(room.url, '/api/auth/me/', { headers })).body.username, 'ann');
  assert.equal((await request(room.url, '/api/messages/?limit=1', { headers })).status, 200);
  assert.equal((await request(room.url, '/api/ice-servers/', { headers })).status, 200);
  assert.equal((await request(room.url, '/health/')).body.status, 'ok');
  assert.equal((await request(room.url, '/health/', { method: 'HEAD' })).status, 200);
  assert.match((await request(room.url, '/openapi.json/')).body.openapi, /^3\.1/);
});

for (const [path, allowed] of Object.entries(methods)) {
  it(`${path}/ allows the methods of ${path}, and answers its preflights`, async () => {
    const wrong = await request(room.url, `${path}/`, { method: 'DELETE', headers: { origin: frontend } });
    assert.deepEqual([wrong.status, wrong.body.code, wrong.headers.get('allow')], [405, 'method_not_allowed', allowed]);
    assert.equal(wrong.headers.get('access-control-allow-origin'), frontend);
    const headers = { origin: frontend, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' };
    const preflight = await request(room.url, `${path}/`, { method: 'OPTIONS', headers });
    assert.deepEqual([preflight.status, preflight.headers.get('access-control-allow-methods')], [204, allowed]);
    const evil = await request(room.url, `${path}/`, { headers: { origin: 'https://evil.example' } });
    assert.deepEqual([evil.status, evil.body.code], [403, 'forbidden_origin']);
  });

  it(`neither ${path}// nor ${path} in capitals is ${path}`, async () => {
    for (const other of [`${path}//`, path.toUpperCase()]) {
      assert.equal((await request(room.url, other)).status, 404, other);
    }
  });
}

it('Socket.IO also answers without its trailing slash', async () => {
  const client = room.client({ token: await room.token('ben'), addTrailingSlash: false });
  await client.next('connect');
  await client.next('message_history');
  assert.equal(client.socket.io.engine.opts.path, '/socket.io');
  const refused = await request(room.url, '/socket.io?EIO=4&transport=polling', { headers: { origin: 'https://evil.example' } });
  assert.deepEqual([refused.status, refused.body], [403, { code: 4, message: 'Forbidden' }]);
  const preflight = await request(room.url, '/socket.io', { method: 'OPTIONS', headers: { origin: frontend } });
  assert.deepEqual([preflight.status, preflight.headers.get('access-control-allow-methods')], [204, 'GET, POST']);
});
