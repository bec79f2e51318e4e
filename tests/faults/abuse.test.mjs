// Malformed, truncated and oversized requests against the server of `npm start`, while others chat.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { password, unlimited } from '../worker/support/chatroom.mjs';
import { Client } from '../worker/support/client.mjs';
import { RawConnection, chunk, requestText } from '../worker/support/raw-http.mjs';
import { assertConnectionLives, assertHalfABodyIsAnswered, assertReadingEnds, refusals, refusingVars } from '../worker/support/refused-bodies.mjs';
import { post, request } from '../worker/support/rest.mjs';
import { startAsPeopleDo } from '../worker/support/started.mjs';

/** The number of rounds, each in its own test, and of attackers in each round. */
const rounds = 10;
const attackers = 10;
const vars = { JWT_SECRET: 'wT7kqZ0vR3nYb8LxJ5dGf2HcUa9PsE1m', ...unlimited };

const json = { 'Content-Type': 'application/json' };
const text = { 'Content-Type': 'text/plain;charset=UTF-8' };
const polling = '/socket.io/?EIO=4&transport=polling';
const upgrade = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'AAECAwQFBgcICQoLDA0ODw==',
};

/** One route of each kind: body read at once, after the token, never; served by the assets; with an operator token; forwarded to the room. */
const targets = [
  ['/api/auth/register', json],
  ['/api/auth/password', json],
  ['/api/messages', json],
  ['/', json],
  ['/api/admin/import', json],
  [polling, text],
];

describe('npm start', () => {
  let server;
  before(async () => (server = await startAsPeopleDo({ ...vars, TRUSTED_PROXY: 'forwarded' })));

  it('knows its own pages behind a proxy that terminates TLS, with the host kept or forwarded', async () => {
    const origin = { Origin: 'https://chat.example', 'X-Forwarded-Proto': 'https' };
    for (const [host, status] of [
      [{ Host: 'chat.example' }, 200],
      [{ 'X-Forwarded-Host': 'chat.example' }, 200],
      [{ Host: 'evil.example' }, 403],
      [{}, 403],
    ]) {
      const connection = new RawConnection(server.url);
      await connection.send(requestText(server.url, 'GET', polling, { ...origin, ...host }));
      assert.equal((await connection.answer())?.status, status, JSON.stringify(host));
      await connection.end();
    }
  });

  it('admits the pages of its machine, and no others', async () => {
    for (const [origin, status] of [['http://localhost:3000', 200], ['https://[::1]:4200', 200], ['http://evil.example', 403]]) {
      assert.equal((await request(server.url, '/health', { headers: { origin } })).status, status, origin);
    }
  });

  for (let round = 1; round <= rounds; round += 1) {
    it(`survives ${attackers} attackers while a conversation continues without a gap (${round} of ${rounds})`, async (t) => {
      const chat = await Conversation.begin(server.url, round);
      t.after(() => chat.leave());
      const attacks = await Promise.all(Array.from({ length: attackers }, () => attack(server.url)));
      const said = await chat.end();
      t.diagnostic(`${attacks.reduce((sum, count) => sum + count)} attacks, ${said} messages`);
      assert.equal((await request(server.url, '/health')).status, 200);
      assert.doesNotMatch(server.output(), /ended with code/);
    });
  }
});

describe('npm start, like the Worker alone,', () => {
  let server;
  before(async () => (server = await startAsPeopleDo({ ...vars, ...refusingVars })));

  for (const refusal of refusals) {
    it(`keeps a connection usable after ${refusal[0]} (${refusal[1]})`, () => assertConnectionLives(server.url, refusal));
  }
  it('reads a refused body up to a limit', () => assertReadingEnds(server.url));
  it('answers a refused body whose rest does not arrive', () => assertHalfABodyIsAnswered(server.url));
});

/** A conversation: one of two clients sends numbered messages in turn, and both receive all of them in order. */
class Conversation {
  said = 0;
  #over = false;

  static async begin(url, round) {
    const join = async (username) => {
      const { body } = await post(url, '/api/auth/register', { username, password });
      const client = new Client(url, { token: body.token, transports: ['websocket'], reconnection: false });
      await client.next('online_users');
      return client;
    };
    const chat = new Conversation();
    [chat.speaker, chat.listener] = await Promise.all([join(`speaker${round}`), join(`listener${round}`)]);
    chat.talk = chat.#talk();
    // `end` reports a failure.
    chat.talk.catch(() => {});
    return chat;
  }

  async #talk() {
    do {
      const text = String(this.said + 1);
      assert.equal((await this.speaker.ask('send_message', { text })).ok, true);
      await this.listener.next('new_message', (message) => message.text === text);
      this.said += 1;
    } while (!this.#over);
  }

  /** Ends the conversation and checks it. Resolves to the number of messages. */
  async end() {
    this.#over = true;
    // Even after fast attacks, one message has been sent.
    await this.talk;
    const numbers = Array.from({ length: this.said }, (_, index) => String(index + 1));
    for (const client of [this.speaker, this.listener]) {
      await client.until(() => client.all('new_message').length >= this.said, 'last message');
      assert.deepEqual(client.all('new_message').map(({ text }) => text), numbers);
      assert.deepEqual(client.all('disconnect'), []);
    }
    return this.said;
  }

  leave() {
    return Promise.all([this.speaker.leave(), this.listener.leave()]);
  }
}

/** Runs every attack at once. Resolves to their number. */
async function attack(url) {
  const all = [
    ...targets.flatMap(([path, headers]) => onBodies(path, headers)),
    ...methods,
    ...polls,
    ...webSockets,
    ...malformed,
  ];
  const hanging = [];
  await Promise.all(all.map((make) => make(url, hanging)));
  await Promise.all(hanging.map((connection) => connection.reset()));
  return all.length;
}

/** Sends data over a separate connection, and closes it in order or with a reset. */
const cut = (make, end) => async (url) => {
  const connection = new RawConnection(url);
  await connection.send(await make(url));
  await connection[end]();
};

/** Sends a complete request. The server has to answer it or close the connection. */
const whole = (make) => async (url) => {
  const connection = new RawConnection(url);
  await connection.send(await make(url));
  await connection.answer();
  await connection.reset();
};

/** Sends data and keeps the connection open until the other attacks are done. */
const hang = (make) => async (url, hanging) => {
  const connection = new RawConnection(url);
  hanging.push(connection);
  await connection.send(await make(url));
};

function onBodies(path, headers) {
  const sending = (more, body) => (url) => requestText(url, 'POST', path, { ...headers, ...more }, body);
  const announced = sending({ 'Content-Length': '1000' }, '{"username":"alice","');
  const headersOnly = sending({ 'Content-Length': '1000' }, '');
  const chunked = sending({ 'Transfer-Encoding': 'chunked' }, chunk('{"username":"alice","'));
  const inAChunk = sending({ 'Transfer-Encoding': 'chunked' }, '400\r\n{"username":"alice","');
  const stalled = path === polling ? chunked : announced;
  return [
    ...[announced, headersOnly, chunked, inAChunk].flatMap((make) => [cut(make, 'end'), cut(make, 'reset')]),
    hang(stalled),
    whole(sending({}, 'x'.repeat(70_000))),
    whole(sending({ 'Transfer-Encoding': 'chunked' }, `${chunk('x'.repeat(70_000))}0\r\n\r\n`)),
    cut(sending({ 'Content-Length': '2100000' }, 'x'.repeat(300_000)), 'reset'),
    whole(sending({ 'Content-Type': 'application/octet-stream' }, '\x00\xff\x01')),
    whole(sending({ 'Content-Encoding': 'gzip' }, '\x1f\x8b garbage')),
    whole(sending({ Expect: '100-continue' }, '{}')),
    cut(sending({ Expect: '100-continue', 'Content-Length': '1000' }, ''), 'end'),
  ];
}

const methods = ['PUT', 'DELETE', 'OPTIONS', 'GET'].flatMap((method) => ['/api/auth/login', '/health', polling].flatMap((path) => [
  whole((url) => requestText(url, method, path, json, 'x'.repeat(1000))),
  cut((url) => requestText(url, method, path, { ...json, 'Content-Length': '1000' }, '{"a":'), 'reset'),
]));

async function session(url) {
  const opened = await request(url, polling);
  return `${polling}&sid=${JSON.parse(opened.body.slice(1)).sid}`;
}

const polls = [
  // Three ways to abandon a waiting poll. A half-closed connection still gets its answer.
  cut(async (url) => requestText(url, 'GET', await session(url)), 'reset'),
  hang(async (url) => requestText(url, 'GET', await session(url))),
  async (url, hanging) => {
    const connection = new RawConnection(url);
    hanging.push(connection);
    await connection.send(requestText(url, 'GET', await session(url)));
    connection.end();
  },
  // Two polls at once end the session.
  async (url) => {
    const poll = requestText(url, 'GET', await session(url));
    await Promise.all([whole(() => poll)(url), whole(() => poll)(url)]);
  },
  whole(async (url) => requestText(url, 'POST', await session(url), text, 'x'.repeat(2_100_000))),
  cut(async (url) => requestText(url, 'POST', await session(url), { ...text, 'Content-Length': '2100000' }, 'x'.repeat(1_200_000)), 'reset'),
  cut(async (url) => requestText(url, 'POST', await session(url), { ...text, 'Content-Length': '1000' }, '40{"token":'), 'end'),
  whole(async (url) => requestText(url, 'POST', await session(url), { 'Content-Type': 'application/octet-stream' }, '\x04')),
];

const socket = '/socket.io/?EIO=4&transport=websocket';
const webSockets = [
  cut((url) => requestText(url, 'GET', socket, upgrade), 'reset'),
  cut((url) => requestText(url, 'GET', socket, upgrade).slice(0, 60), 'reset'),
  cut(async (url) => requestText(url, 'GET', `${socket}&sid=unknown`, upgrade), 'end'),
  whole((url) => requestText(url, 'GET', socket, { ...upgrade, 'Sec-WebSocket-Key': 'short' })),
  whole((url) => requestText(url, 'POST', socket, upgrade, 'x'.repeat(70_000))),
  // After the handshake: no frame, an endless frame, and one larger than any memory.
  ...['garbage, not frames', Buffer.from([0x81, 0xfe, 0x10, 0x00, 1, 2, 3, 4, 5]), Buffer.from([0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4])].map((bytes) => async (url) => {
    const connection = new RawConnection(url);
    await connection.send(requestText(url, 'GET', socket, upgrade));
    assert.equal((await connection.answer())?.status, 101);
    await connection.send(bytes);
    await connection.reset();
  }),
];

const malformed = [
  async (url) => {
    const connection = new RawConnection(url);
    await connection.send(requestText(url, 'GET', '/health').repeat(3) + requestText(url, 'POST', '/nowhere', json, 'x'.repeat(70_000)) + requestText(url, 'GET', '/health'));
    for (const status of [200, 200, 200, 404, 200]) assert.equal((await connection.answer())?.status, status, 'pipelined');
    await connection.reset();
  },
  cut((url) => requestText(url, 'POST', '/api/auth/login', json, '{}').repeat(20), 'reset'),
  whole(() => 'nonsense\r\n\r\n'),
  whole((url) => requestText(url, 'POST', '/api/auth/login', { ...json, 'Content-Length': '-1' }, '{}')),
  whole((url) => requestText(url, 'POST', '/api/auth/login', { ...json, 'Transfer-Encoding': 'chunked' }, 'zz\r\nnot a size\r\n')),
  whole((url) => requestText(url, 'POST', '/api/auth/login', { ...json, 'Transfer-Encoding': 'gzip, chunked' }, `${chunk('x')}0\r\n\r\n`)),
  whole((url) => requestText(url, 'GET', '/health', { 'X-Long': 'x'.repeat(200_000) })),
  hang(() => 'POST /api/auth/login HTTP/1.1\r\nHost: '),
  cut(() => 'POST /api/auth/login HTTP/1.1\r\nHost: ', 'end'),
];
