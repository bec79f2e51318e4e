// Requests in general: health, paths and methods, and pages of other origins.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { before, describe, it } from 'node:test';
import { openChatroom } from './support/chatroom.mjs';
import { openRoomDatabase } from './support/on-disk.mjs';
import { post, request } from './support/rest.mjs';
import { scratchFolder } from './support/scratch.mjs';

/** Requests a WebSocket. Resolves to the status, and to the body of a refusal. */
async function upgrade(url, headers) {
  const asked = get(new URL('/socket.io/?EIO=4&transport=websocket', url), {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAECAwQFBgcICQoLDA0ODw==',
      ...headers,
    },
  });
  const [response, socket] = await Promise.race([once(asked, 'response'), once(asked, 'upgrade')]);
  if (response.statusCode !== 101) return { status: response.statusCode, body: JSON.parse(await text(response)) };
  socket.destroy();
  return { status: 101 };
}

const frontend = 'http://localhost:5173';
const polling = '/socket.io/?EIO=4&transport=polling';

describe('the server', () => {
  let room;
  before(async () => (room = await openChatroom()));

  it('reports its health', async () => {
    const { status, body } = await request(room.url, '/health');
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body), ['status', 'timestamp']);
    assert.equal(body.status, 'ok');
    assert.equal(new Date(body.timestamp).toISOString(), body.timestamp);
    assert.ok(Math.abs(Date.now() - new Date(body.timestamp)) < 60_000);
    const head = await request(room.url, '/health', { method: 'HEAD' });
    assert.deepEqual([head.status, head.body], [200, '']);
  });

  const unknownPaths = ['/', '/api', '/api/auth', '/api/auth/register//', '/api/auth/unknown', '/API/auth/login', '/Health', '/health//', '/socket.iox/', '/api/admin',
    '/__proto__', '/%00', '/%ff', '/..%2fhealth', `/${'x'.repeat(5000)}`];
  for (const path of unknownPaths) {
    it(`answers 404 at ${path.slice(0, 30)}`, async () => {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const { status, body } = await request(room.url, path, { method });
        assert.deepEqual([status, body], [404, { error: 'There is nothing here.', code: 'not_found' }]);
      }
    });
  }

  it('sends security headers with every answer', async () => {
    const answers = [
      await request(room.url, '/health'),
      await request(room.url, '/nowhere'),
      await request(room.url, '/api/messages'),
      await post(room.url, '/api/auth/login', {}),
      await request(room.url, '/health', { headers: { origin: 'https://evil.example' } }),
      await request(room.url, polling),
      await request(room.url, `${polling}&sid=unknown`),
      await request(room.url, polling, { headers: { origin: 'https://evil.example' } }),
    ];
    for (const { headers } of answers) {
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('content-security-policy'), "default-src 'none'; frame-ancestors 'none'");
      assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin');
      assert.equal(headers.get('referrer-policy'), 'no-referrer');
      assert.match(headers.get('strict-transport-security'), /^max-age=\d{8}/);
      assert.equal(headers.get('cache-control'), 'no-store');
    }
  });

  it('cannot be made to add headers to its answers', async () => {
    const { port, hostname } = new URL(room.url);
    const inject = 'a%0d%0aSet-Cookie:%20evil=1%0d%0a%0d%0a<script>';
    const lines = [
      `GET /${inject} HTTP/1.1`,
      `GET /socket.io/?EIO=4&transport=polling&sid=${inject} HTTP/1.1`,
      `GET /api/messages?before=${inject} HTTP/1.1`,
      'GET /health HTTP/1.1\r\nOrigin: http://localhost:5173\r\n Set-Cookie: evil=1',
      'GET /health HTTP/1.1\r\nOrigin: http://localhost:5173\u0085Set-Cookie: evil=1',
      'GET /api/auth/me HTTP/1.1\r\nAuthorization: Bearer a\u000bSet-Cookie: evil=1',
    ];
    for (const line of lines) {
      const socket = connect({ host: hostname, port });
      socket.end(`${line}\r\nHost: ${hostname}:${port}\r\nConnection: close\r\n\r\n`);
      const answer = await text(socket);
      assert.match(answer, /^HTTP\/1.1 [234]\d\d /, line);
      assert.doesNotMatch(answer, /^set-cookie/im, line);
      assert.doesNotMatch(answer, /<script>/, line);
    }
  });

  const allowed = {
    '/health': 'GET, HEAD',
    '/api/messages': 'GET',
    '/api/auth/register': 'POST',
    '/api/auth/login': 'POST',
    '/api/auth/refresh': 'POST',
    '/api/auth/logout': 'POST',
    '/api/auth/password': 'POST',
    '/api/auth/me': 'GET',
    '/api/ice-servers': 'GET',
    '/api/admin/import': 'POST',
  };
  for (const [path, methods] of Object.entries(allowed)) {
    it(`allows only ${methods} at ${path}`, async () => {
      const others = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'QUERY'].filter((method) => !methods.includes(method));
      for (const method of others) {
        const { status, headers, body } = await request(room.url, path, { method });
        assert.deepEqual([status, body.code, headers.get('allow')], [405, 'method_not_allowed', methods]);
      }
    });
  }

  it('refuses methods unknown to Engine.IO, in its words', async () => {
    for (const method of ['PUT', 'PATCH', 'DELETE', 'QUERY']) {
      const { status, body } = await request(room.url, polling, { method, body: '4' });
      assert.deepEqual([status, body], [400, { code: 2, message: 'Bad handshake method' }]);
    }
  });
});

describe('a page', () => {
  const several = [frontend, 'https://chat.example', 'https://chat.example:8443'];
  let one, many;
  before(async () => {
    one = await openChatroom({ vars: { MAX_PAYLOAD_BYTES: '1024' } });
    many = await openChatroom({ vars: { FRONTEND_URL: ` ${several[0]},HTTPS://Chat.Example:443/ , ${several[2]}` } });
  });

  const answers = [
    ['health', (url, headers) => request(url, '/health', { headers }), 200],
    ['a refused registration', (url, headers) => post(url, '/api/auth/register', {}, headers), 400],
    ['a path that is none', (url, headers) => request(url, '/nowhere', { headers }), 404],
    ['a wrong method', (url, headers) => request(url, '/api/auth/login', { headers }), 405],
    ['a body that is too long', (url, headers) => post(url, '/api/auth/login', 'x'.repeat(64 * 1024 + 1), headers), 413],
    ['polling', (url, headers) => request(url, polling, { headers }), 200],
    ['a poll that is refused', (url, headers) => request(url, `${polling}&sid=unknown`, { headers }), 400],
    ['a request without a token', (url, headers) => request(url, '/api/auth/me', { headers }), 401],
    ['another type of content', (url, headers) => post(url, '/api/auth/login', '{}', { ...headers, 'content-type': 'text/plain' }), 415],
    ['another method of Engine.IO', (url, headers) => request(url, polling, { method: 'DELETE', headers }), 400],
    ['a post that is too long', (url, headers) => post(url, polling, 'x'.repeat(1025), headers), 400],
  ];
  for (const [what, ask, expected] of answers) {
    it(`of the frontend may read the answer to ${what}, one of another origin is refused`, async () => {
      const { status, headers } = await ask(one.url, { origin: frontend });
      assert.equal(status, expected);
      assert.equal(headers.get('access-control-allow-origin'), frontend);
      assert.equal(headers.get('access-control-allow-credentials'), 'true');
      assert.equal(headers.get('access-control-expose-headers'), 'Retry-After');
      assert.match(headers.get('vary'), /\bOrigin\b/);
      for (const origin of ['https://evil.example', `${frontend}.evil.example`, 'http://localhost:51730', 'https://localhost:5173', 'null']) {
        const other = await ask(one.url, { origin });
        assert.deepEqual([other.status, other.body.code], [403, /poll|post that|Engine/.test(what) ? 4 : 'forbidden_origin'], origin);
        assert.equal(other.headers.get('access-control-allow-origin'), null, origin);
        assert.match(other.headers.get('vary'), /\bOrigin\b/);
      }
      assert.equal((await ask(one.url, {})).headers.get('access-control-allow-origin'), null);
    });
  }

  it('of any of several origins may read, each under its own name', async () => {
    for (const origin of several) {
      for (const path of ['/health', polling]) {
        const { headers } = await request(many.url, path, { headers: { origin } });
        assert.equal(headers.get('access-control-allow-origin'), origin);
      }
    }
    const { status, headers } = await request(many.url, '/health', { headers: { origin: 'https://chat.example:444' } });
    assert.deepEqual([status, headers.get('access-control-allow-origin')], [403, null]);
  });

  it('of the server’s own origin may use it, and so may clients that are not pages', async () => {
    for (const headers of [{ origin: one.url }, {}]) {
      assert.equal((await request(one.url, '/health', { headers })).status, 200);
      assert.equal((await request(one.url, polling, { headers })).status, 200);
      assert.equal((await post(one.url, '/api/auth/login', { username: 'nobody', password: 'x' }, headers)).status, 401);
    }
    // The host and the port are part of an origin.
    const { port } = new URL(one.url);
    for (const origin of [`http://localhost:${port}`, `https://127.0.0.1:${port}`, 'http://127.0.0.1']) {
      assert.equal((await request(one.url, '/health', { headers: { origin } })).status, 403, origin);
    }
  });

  it('of another origin gets no WebSocket, and no session either', async () => {
    assert.deepEqual(await upgrade(one.url, { origin: 'https://evil.example' }), {
      status: 403,
      body: { code: 4, message: 'Forbidden' },
    });
    for (const headers of [{ origin: frontend }, { origin: one.url }, {}]) {
      assert.equal((await upgrade(one.url, headers)).status, 101);
    }
    const credentials = { username: 'victim', password: 'correct horse battery staple' };
    const evil = { origin: 'https://evil.example' };
    assert.equal((await post(one.url, '/api/auth/register', credentials, evil)).body.code, 'forbidden_origin');
    assert.equal((await post(one.url, '/api/auth/login', credentials)).status, 401, 'there is no such user');
  });

  const preflights = {
    '/api/auth/register': 'POST',
    '/api/auth/login': 'POST',
    '/health': 'GET, HEAD',
    '/api/messages': 'GET',
    '/nowhere': 'GET, HEAD, POST',
    [polling]: 'GET, POST',
  };
  for (const [path, methods] of Object.entries(preflights)) {
    it(`of the frontend passes the preflight for ${path}, one of another origin does not`, async () => {
      const preflight = (origin, headers) => request(one.url, path, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', ...headers },
      });
      for (const [asked, allowed] of [
        ['authorization,content-type,x-my-header', 'authorization, content-type, x-my-header'],
        [undefined, 'Content-Type, Authorization'],
        ['a b', 'Content-Type, Authorization'],
      ]) {
        const { status, headers } = await preflight(frontend, asked && { 'access-control-request-headers': asked });
        assert.equal(status, 204);
        assert.equal(headers.get('access-control-allow-origin'), frontend);
        assert.equal(headers.get('access-control-allow-credentials'), 'true');
        assert.equal(headers.get('access-control-allow-methods'), methods);
        assert.equal(headers.get('access-control-allow-headers'), allowed);
        assert.match(headers.get('access-control-max-age'), /^\d+$/);
        assert.equal(headers.get('vary'), 'Access-Control-Request-Headers, Origin');
      }
      const refused = await preflight('https://evil.example');
      assert.deepEqual([refused.status, refused.headers.get('access-control-allow-origin')], [403, null]);
    });
  }
});

describe('a page of the frontend can read why it failed:', () => {
  const headers = { origin: frontend, 'cf-connecting-ip': '192.0.2.1' };
  const assertReadable = (answer, status) => {
    assert.deepEqual([answer.status, answer.headers.get('access-control-allow-origin')], [status, frontend]);
    assert.match(answer.headers.get('vary'), /\bOrigin\b/);
  };

  it('too many requests', async () => {
    const room = await openChatroom({ vars: { REGISTRATIONS_PER_HOUR: '1', CONNECTIONS_PER_ADDRESS: '1' } });
    const register = (username) => post(room.url, '/api/auth/register', { username, password: 'correct horse battery staple' }, headers);
    assertReadable(await register('ann'), 201);
    assertReadable(await register('ben'), 429);
    assertReadable(await request(room.url, polling, { headers }), 200);
    assertReadable(await request(room.url, polling, { headers }), 429);
  });

  it('a room that cannot be opened', async () => {
    const persistTo = scratchFolder();
    const good = await openChatroom({ persistTo });
    await good.token('ann');
    await good.close();
    const database = openRoomDatabase(persistTo);
    database.exec('UPDATE schema_version SET version = 1000');
    database.close();
    const room = await openChatroom({ persistTo, expectLog: true });
    const failure = { error: 'Something went wrong on the server. Please try again.', code: 'internal_error' };
    for (const answer of [
      await request(room.url, polling, { headers }),
      await post(room.url, `${polling}&sid=unknown`, 'x', headers),
      await post(room.url, '/api/auth/login', { username: 'ann', password: 'x' }, headers),
    ]) {
      assertReadable(answer, 500);
      assert.deepEqual(answer.body, failure);
    }
  });
});

describe('FRONTEND_URL', () => {
  const cors = ({ status, headers }) => [status, headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')];
  const paths = ['/health', '/nowhere', '/api/auth/me', polling, `${polling}&sid=unknown`];

  it('can name the hosts below a domain', async () => {
    const room = await openChatroom({ vars: { FRONTEND_URL: 'https://*.example.app' } });
    for (const path of paths) {
      for (const origin of ['https://preview-7.example.app', 'https://a.b.example.app']) {
        assert.deepEqual(cors(await request(room.url, path, { headers: { origin } })).slice(1), [origin, 'true'], path);
      }
      for (const origin of ['https://example.app', 'https://xexample.app', 'https://evil.example#.example.app', 'http://a.example.app']) {
        assert.deepEqual(cors(await request(room.url, path, { headers: { origin } })), [403, null, null], `${origin} ${path}`);
      }
    }
  });

  it('can be *, which excludes credentials, next to named origins', async () => {
    const room = await openChatroom({ vars: { FRONTEND_URL: `${frontend},*` } });
    for (const path of paths) {
      const ask = async (origin) => cors(await request(room.url, path, { headers: { origin } })).slice(1);
      assert.deepEqual(await ask(frontend), [frontend, 'true'], path);
      assert.deepEqual(await ask('https://anywhere.example'), ['*', null], path);
      assert.deepEqual(await ask('null'), ['null', null], path);
    }
    assert.equal((await upgrade(room.url, { origin: 'https://anywhere.example' })).status, 101);
  });

  it('can be null, which any site can claim to be', async () => {
    const room = await openChatroom({ vars: { FRONTEND_URL: `${frontend},null` } });
    assert.deepEqual(cors(await request(room.url, polling, { headers: { origin: 'null' } })), [200, 'null', null]);
    assert.deepEqual(cors(await request(room.url, '/health', { headers: { origin: 'https://evil.example' } })), [403, null, null]);
    assert.equal((await upgrade(room.url, { origin: 'null' })).status, 101);
  });

  it('includes every page of this machine in local runs only', async () => {
    const [local, deployed] = await Promise.all([openChatroom({ vars: { LOCAL_RUN: 'true' } }), openChatroom()]);
    for (const origin of ['http://localhost:3000', 'https://localhost', 'http://127.0.0.1:8080', 'http://[::1]:4200']) {
      for (const path of paths) {
        assert.deepEqual(cors(await request(local.url, path, { headers: { origin } })).slice(1), [origin, 'true'], path);
        assert.deepEqual(cors(await request(deployed.url, path, { headers: { origin } })), [403, null, null], path);
      }
    }
    for (const origin of ['http://localhost.evil.example', 'http://192.168.0.2:3000']) {
      assert.deepEqual(cors(await request(local.url, '/health', { headers: { origin } })), [403, null, null], origin);
    }
  });
});

describe('TRUSTED_PROXY', () => {
  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'chat.example', 'x-forwarded-for': '203.0.113.9, 192.0.2.1' };
  const own = { origin: 'https://chat.example', ...forwarded };

  it('decides whether forwarding headers name the server’s own origin', async () => {
    for (const [proxy, expected] of [['', 403], ['none', 403], ['forwarded', 200]]) {
      const room = await openChatroom({ vars: { TRUSTED_PROXY: proxy } });
      for (const path of ['/health', polling]) {
        assert.equal((await request(room.url, path, { headers: own })).status, expected, proxy);
        assert.equal((await request(room.url, path, { headers: { ...own, origin: 'https://evil.example' } })).status, 403);
        // The requested origin stays the server's own, although workerd itself takes the scheme from the header.
        const requested = room.url.replace('http:', 'https:');
        assert.equal((await request(room.url, path, { headers: { ...own, origin: requested } })).status, 200);
      }
      assert.equal((await upgrade(room.url, own)).status, expected === 200 ? 101 : 403);
    }
  });

  it('decides which header names the address that limits apply to', async () => {
    const vars = { REGISTRATIONS_PER_HOUR: '1', CONNECTIONS_PER_ADDRESS: '1' };
    const others = { 'x-forwarded-for': '192.0.2.1, 198.51.100.7', 'cf-connecting-ip': '198.51.100.8' };
    for (const [proxy, same] of [['cloudflare', 'cf-connecting-ip'], ['forwarded', 'x-forwarded-for'], ['none', undefined]]) {
      const room = await openChatroom({ vars: { ...vars, TRUSTED_PROXY: proxy } });
      const first = { ...forwarded, 'cf-connecting-ip': '192.0.2.1' };
      // The other proxy's header names another address, and is ignored.
      const second = same ? { ...others, [same]: first[same] } : first;
      const statuses = async (headers, username) => [
        (await request(room.url, polling, { headers })).status,
        (await post(room.url, '/api/auth/register', { username, password: 'correct horse battery staple' }, headers)).status,
      ];
      assert.deepEqual(await statuses(first, 'ann'), [200, 201]);
      // Without addresses, all guesses count as one address's; connections are not counted.
      assert.deepEqual(await statuses(second, 'ben'), [same ? 429 : 200, 429], proxy);
      if (same) assert.deepEqual(await statuses({ ...first, [same]: others[same] }, 'zoe'), [200, 201], proxy);
    }
  });
});
