// Paths, methods, and pages of other origins.
import { once } from 'node:events';
import { get } from 'node:http';
import { cors, failure, frontend, password } from './stage.mjs';

const allowed = { origin: frontend, credentials: 'true', varies: true };
const polling = '/socket.io/?EIO=4&transport=polling';
const foreign = 'https://elsewhere.example';

/** Sends a page's request to each kind of route. */
const requests = {
  '/health': (stage, headers) => stage.get('/health', { headers }),
  'a login that is refused': (stage, headers) => stage.post('/api/auth/login', { username: stage.name('nobody'), password }, headers),
  'a registration': (stage, headers) => stage.post('/api/auth/register', { username: stage.name('ann'), password }, headers),
  'an unknown path': (stage, headers) => stage.get('/nowhere', { headers }),
  polling: (stage, headers) => stage.get(polling, { headers }),
  'a poll that is refused': (stage, headers) => stage.get(`${polling}&sid=unknown`, { headers }),
};
const statuses = { '/health': 200, 'a login that is refused': 401, 'a registration': 201, 'an unknown path': 404, polling: 200, 'a poll that is refused': 400 };

/** Sends a preflight as browsers do. Resolves to the permissions it grants. */
async function preflight(stage, path, method, origin, requested) {
  const headers = { 'access-control-request-method': method, ...(origin && { origin }), ...(requested && { 'access-control-request-headers': requested }) };
  const answer = await stage.get(path, { method: 'OPTIONS', headers });
  const listed = (name) => (answer.headers.get(name) ?? '').toLowerCase().split(',').map((item) => item.trim());
  const names = requested ? requested.toLowerCase().split(',') : [];
  return {
    ...cors(answer),
    method: listed('access-control-allow-methods').includes(method.toLowerCase()),
    headers: names.every((name) => listed('access-control-allow-headers').includes(name)),
  };
}

const granted = { status: 204, ...allowed, method: true, headers: true };
const notGranted = { status: 403, origin: null, credentials: null, varies: true, method: false, headers: false };

/** Requests a WebSocket on behalf of a page. Resolves to the status. */
async function webSocket(stage, origin) {
  const asked = get(new URL('/socket.io/?EIO=4&transport=websocket', stage.url), {
    headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'AAECAwQFBgcICQoLDA0ODw==', origin },
  });
  const [response, socket] = await Promise.race([once(asked, 'response'), once(asked, 'upgrade')]);
  if (response.statusCode === 101) socket.destroy();
  else response.resume();
  return response.statusCode;
}

async function status(stage, path, init) {
  return (await stage.get(path, init)).status;
}

/** Sends a valid login to another spelling of its path. Resolves to the status. */
const logInAt = (path) => async (stage) => {
  await stage.register(stage.name('ann'));
  return (await stage.post(path, { username: stage.name('ann'), password })).status;
};

export const http = [
  {
    name: 'the health of the server',
    run: async (stage) => {
      const { status, body } = await stage.get('/health');
      return [status, Object.keys(body), body.status, new Date(body.timestamp).toISOString() === body.timestamp];
    },
    original: [200, ['status', 'timestamp'], 'ok', true],
  },
  { name: 'HEAD of /health', run: (stage) => status(stage, '/health', { method: 'HEAD' }), original: 200 },
  { name: '/health/', run: (stage) => status(stage, '/health/'), original: 200 },
  { name: '/health?now=1', run: (stage) => status(stage, '/health?now=1'), original: 200 },
  { name: 'a login at /api/auth/login/', run: logInAt('/api/auth/login/'), original: 200 },
  { name: 'a login at /api/auth/login?from=page', run: logInAt('/api/auth/login?from=page'), original: 200 },
  { name: 'a login at /API/Auth/Login', run: logInAt('/API/Auth/Login'), original: 200, natter: 404, because: 'caseOfPaths' },
  { name: 'a login at //api/auth/login', run: logInAt('//api/auth/login'), original: 404 },
  { name: 'an unknown path', run: async (stage) => failure(await stage.get('/nowhere')), original: { status: 404 }, natter: { status: 404, error: 'a sentence' }, because: 'jsonErrors' },
  ...['GET', 'PUT', 'DELETE', 'HEAD'].map((method) => ({
    name: `${method} at /api/auth/login`,
    run: (stage) => status(stage, '/api/auth/login', { method }),
    original: 404,
    natter: 405,
    because: 'methods',
  })),
  ...['POST', 'DELETE'].map((method) => ({
    name: `${method} at /health`,
    run: (stage) => status(stage, '/health', { method }),
    original: 404,
    natter: 405,
    because: 'methods',
  })),

  ...Object.entries(requests).flatMap(([what, ask]) => [
    {
      name: `${what}, asked for by a page of the frontend`,
      run: async (stage) => cors(await ask(stage, { origin: frontend })),
      original: { status: statuses[what], ...allowed },
    },
    {
      name: `${what}, asked for without an origin`,
      run: async (stage) => cors(await ask(stage, {})),
      original: { status: statuses[what], ...allowed },
      natter: { status: statuses[what], origin: null, credentials: null, varies: true },
      because: 'noOrigin',
    },
    {
      name: `${what}, asked for by a page of another origin`,
      run: async (stage) => cors(await ask(stage, { origin: foreign })),
      original: { status: statuses[what], ...allowed },
      natter: { status: 403, origin: null, credentials: null, varies: true },
      because: 'foreignOrigin',
    },
  ]),
  ...[['/api/auth/login', 'POST'], ['/api/auth/register', 'POST'], ['/health', 'GET'], [polling, 'GET'], [polling, 'POST']].flatMap(([path, method]) => [
    {
      name: `a preflight for ${method} ${path}`,
      run: (stage) => preflight(stage, path, method, frontend, 'content-type'),
      original: granted,
    },
    {
      name: `a preflight for ${method} ${path} with headers of the frontend's own`,
      run: (stage) => preflight(stage, path, method, frontend, 'content-type,x-my-header,x-requested-with'),
      original: granted,
    },
    {
      name: `a preflight for ${method} ${path} from another origin`,
      run: (stage) => preflight(stage, path, method, foreign, 'content-type'),
      original: granted,
      natter: notGranted,
      because: 'foreignOrigin',
    },
  ]),
  {
    name: 'a preflight for an unknown path',
    run: async (stage) => (await preflight(stage, '/nowhere', 'GET', frontend)).status,
    original: 204,
  },
  {
    name: 'a WebSocket for a page of the frontend',
    run: (stage) => webSocket(stage, frontend),
    original: 101,
  },
  {
    name: 'a WebSocket for a page of another origin',
    run: (stage) => webSocket(stage, foreign),
    original: 101,
    natter: 403,
    because: 'foreignOrigin',
  },

  {
    name: 'the handshake of Engine.IO',
    run: async (stage) => {
      const { status, headers, body } = await stage.get(polling);
      const { sid, ...rest } = JSON.parse(body.slice(1));
      return [status, headers.get('content-type'), body[0], typeof sid, rest];
    },
    original: [200, 'text/plain; charset=UTF-8', '0', 'string', { upgrades: ['websocket'], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1_000_000 }],
  },
  ...[
    ['another version of Engine.IO', '/socket.io/?EIO=3&transport=polling', { code: 5, message: 'Unsupported protocol version' }],
    ['another transport', '/socket.io/?EIO=4&transport=carrier-pigeon', { code: 0, message: 'Transport unknown' }],
    ['an unknown session', `${polling}&sid=unknown`, { code: 1, message: 'Session ID unknown' }],
  ].map(([what, path, body]) => ({
    name: `a handshake with ${what}`,
    run: async (stage) => {
      const answer = await stage.get(path);
      return [answer.status, answer.body];
    },
    original: [400, body],
  })),
  { name: 'a handshake at /socket.io', run: (stage) => status(stage, '/socket.io?EIO=4&transport=polling'), original: 404, natter: 200, because: 'socketPath' },
  {
    name: 'the client at /socket.io/socket.io.js',
    run: (stage) => status(stage, '/socket.io/socket.io.js'),
    original: 200,
    natter: 400,
    because: 'servedClient',
  },
];
