// Registration and login, and their refusals.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openChatroom, password } from './support/chatroom.mjs';
import { post, request } from './support/rest.mjs';
import { scratchFolder } from './support/scratch.mjs';
import { open } from './support/tokens.mjs';

const secret = 'wT7kqZ0vR3nYb8LxJ5dGf2HcUa9PsE1m';
const json = { 'content-type': 'application/json' };
let room;
before(async () => (room = await openChatroom({ vars: { JWT_SECRET: secret } })));

const register = (body, headers) => post(room.url, '/api/auth/register', body, headers);
const login = (body, headers) => post(room.url, '/api/auth/login', body, headers);

function assertRefused({ status, body }, expectedStatus, code) {
  assert.deepEqual([status, body.code], [expectedStatus, code], JSON.stringify(body));
  assert.match(body.error, /^[A-Z].* .*\.$/s, 'a sentence for a person');
  assert.deepEqual(Object.keys(body).sort(), ['code', 'error']);
}

describe('an account', () => {
  it('is registered with 201 and logged in with 200, each with a token for 7 days', async () => {
    const answers = [
      [201, await register({ username: 'Max.Müller-2', password })],
      [200, await login({ username: 'Max.Müller-2', password })],
    ];
    for (const [expected, { status, headers, body }] of answers) {
      assert.equal(status, expected);
      assert.equal(body.username, 'Max.Müller-2');
      assert.match(body.message, /^You.* .*\.$/, 'a sentence for a person');
      assert.deepEqual(Object.keys(body), ['token', 'username', 'message', 'refreshToken', 'expiresAt']);
      assert.equal(headers.get('cache-control'), 'no-store');
      const { header, payload } = open(secret, body.token);
      assert.equal(header.alg, 'HS256');
      assert.equal(payload.username, 'Max.Müller-2');
      assert.equal(payload.exp - payload.iat, 7 * 24 * 60 * 60);
      assert.ok(Math.abs(payload.iat - Date.now() / 1000) < 60);
    }
  });

  it('is found under any spelling of its name, and keeps the one of its registration', async () => {
    for (const [first, ...others] of [['Straße', 'STRASSE', 'ｓｔｒａẞｅ'], ['Σίσυφος', 'ΣΊΣΥΦΟΣ', 'σίσυφοσ']]) {
      await register({ username: first, password });
      for (const username of others) {
        assertRefused(await register({ username, password }), 409, 'username_taken');
        assert.equal((await login({ username, password })).body.username, first);
      }
    }
  });

  it('is created once when many requests register it at the same moment', async () => {
    const names = ['race', 'Race', 'RACE'];
    const answers = await Promise.all(names.map((username) => register({ username, password: `${password} ${username}` })));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409]);
    const winner = answers.findIndex(({ status }) => status === 201);
    const logins = await Promise.all(names.map((name) => login({ username: 'race', password: `${password} ${name}` })));
    assert.deepEqual(logins.map(({ status }) => status), names.map((_, index) => (index === winner ? 200 : 401)));
  });

  it('may have a name of 2 to 64 visible characters of any script and a password of 8 to 128 characters', async () => {
    const accepted = [
      ['ab', '8 chars!'],
      ['x'.repeat(64), 'p'.repeat(128)],
      ['Ελένη_1', 'пароль-пароль'],
      ['山田.太郎', '🔑🔑🔑🔑🔑🔑🔑🔑'],
      ['عمر', '        '],
      ['नीति', 'हिन्दी पासवर्ड'],
      ['שָׁלוֹם'.normalize('NFKC'), 'סיסמה ארוכה'],
    ];
    const answers = await Promise.all(accepted.map(([username, password]) => register({ username, password })));
    assert.deepEqual(answers.map(({ status }) => status), accepted.map(() => 201), JSON.stringify(answers.map(({ body }) => body)));
    assert.deepEqual(answers.map(({ body }) => body.username), accepted.map(([username]) => username));
    const [username, password] = accepted[2];
    assert.equal((await login({ username: username.toUpperCase(), password })).body.username, username);
  });
});

describe('a registration is refused', () => {
  const names = ['', 'a', 'x'.repeat(65), 'x'.repeat(60_000), ' a ', 'a\u0000b', 'a\nb', '😀', '...', 'a\u200db', 'a\ufe0fb', 'a\ue000b',
    'zero\u200bwidth', 'right\u202eleft', '\ufeffbom', 'ab\u0301\u0301\u0301\u0301\u0301\u0301',
    '\u0301ab', 'ab\u0378'];
  for (const username of names) {
    it(`with the name ${JSON.stringify(username).slice(0, 40)}`, async () => {
      assertRefused(await register({ username, password }), 400, 'username_invalid');
    });
  }

  for (const username of ['__proto__', 'constructor', 'toString', 'HASOWNPROPERTY']) {
    it(`with the name ${username}, which JavaScript objects inherit`, async () => {
      assertRefused(await register({ username, password }), 400, 'username_reserved');
    });
  }

  for (const username of ['admin', 'Root', 'ＳＹＳＴＥＭ', 'every_one', '.Support.', ' admin ', '✅ Admin']) {
    it(`with the name ${username}, which could pass for the server`, async () => {
      assertRefused(await register({ username, password }), 400, 'username_reserved');
    });
  }

  for (const password of ['password', 'PassW0rd', '12345678', 'qwertyuiop', 'Refused-Name']) {
    it(`with the common password ${password}`, async () => {
      assertRefused(await register({ username: 'refused-name', password }), 400, 'password_common');
    });
  }

  for (const password of ['', '7 chars', 'x'.repeat(129), '🔑'.repeat(7)]) {
    it(`with a password of ${[...password].length} characters`, async () => {
      assertRefused(await register({ username: 'refused', password }), 400, 'password_invalid');
    });
  }

  it('without leaving anything behind', async () => {
    assert.equal((await register({ username: 'refused', password })).status, 201);
  });
});

describe('a password', () => {
  it('may be as short as configured, and no shorter', async () => {
    const room = await openChatroom({ vars: { PASSWORD_MIN_LENGTH: '6' } });
    const register = (password) => post(room.url, '/api/auth/register', { username: 'six', password });
    const refused = await register('5five');
    assertRefused(refused, 400, 'password_invalid');
    assert.equal(refused.body.error, 'A password must have 6 to 128 characters.');
    assertRefused(await register('qwerty'), 400, 'password_common');
    assert.equal((await register('6 keys')).status, 201);
    assert.equal((await post(room.url, '/api/auth/login', { username: 'six', password: '6 keys' })).status, 200);
  });

  it('chosen under earlier rules still works, and only new ones obey the current rules', async () => {
    const persistTo = scratchFolder();
    const vars = { JWT_SECRET: secret };
    const before = await openChatroom({ persistTo, vars: { ...vars, PASSWORD_MIN_LENGTH: '6' } });
    assert.equal((await post(before.url, '/api/auth/register', { username: 'old', password: '6 keys' })).status, 201);
    await before.close();
    const after = await openChatroom({ persistTo, vars: { ...vars, PASSWORD_MIN_LENGTH: '12' } });
    const { status, body } = await post(after.url, '/api/auth/login', { username: 'old', password: '6 keys' });
    assert.equal(status, 200);
    const headers = { authorization: `Bearer ${body.token}` };
    const change = (currentPassword, newPassword) => post(after.url, '/api/auth/password', { currentPassword, newPassword }, headers);
    assertRefused(await change('6 keys', 'eleven keys'), 400, 'password_invalid');
    assertRefused(await change('5five', 'twelve keys!'), 403, 'wrong_password');
    assert.equal((await change('6 keys', 'twelve keys!')).status, 200);
  });
});

const nested = '['.repeat(30_000);
const unreadable = {
  'nothing at all': '',
  'no JSON': 'username=ann&password=secret',
  'JSON that breaks off': '{"username":"ann","password":"correct horse',
  'more than one value': '{"username":"ann","password":"12345678"} {}',
  'JSON nested very deep': `{"username":"ann","password":"12345678","x":${nested}`,
  'a list nested very deep': nested,
  'null': 'null',
  'a number': '42',
  'a string': '"ann"',
  'an array': '["ann","12345678"]',
  'an empty object': '{}',
  'no password': '{"username":"ann"}',
  'no username': '{"password":"12345678"}',
  'a number as username': '{"username":42,"password":"12345678"}',
  'null as username': '{"username":null,"password":"12345678"}',
  'an object as username': '{"username":{"$ne":null},"password":"12345678"}',
  'an array as password': '{"username":"ann","password":["12345678"]}',
  'true as password': '{"username":"ann","password":true}',
  'half a surrogate pair': '{"username":"ann","password":"12345678\\ud800"}',
  'a field twice': '{"username":"ann","username":"ben","password":"12345678"}',
  'text that is no UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
};

for (const path of ['/api/auth/register', '/api/auth/login']) {
  describe(`${path} refuses`, () => {
    for (const [what, body] of Object.entries(unreadable)) {
      it(what, async () => {
        assertRefused(await request(room.url, path, { method: 'POST', headers: json, body }), 400, 'invalid_body');
      });
    }

    it('a body of more than 64 KiB, with or without Content-Length', async () => {
      const body = JSON.stringify({ username: 'ann', password, padding: 'x'.repeat(64 * 1024) });
      assertRefused(await post(room.url, path, body), 413, 'body_too_large');
      const stream = new Blob([body]).stream();
      const init = { method: 'POST', headers: json, body: stream, duplex: 'half' };
      assertRefused(await request(room.url, path, init), 413, 'body_too_large');
    });

    it('no body for a length of 64 KiB', async () => {
      const frame = JSON.stringify({ username: 'a', password: '' });
      const body = JSON.stringify({ username: 'a', password: 'x'.repeat(64 * 1024 - frame.length) });
      assert.equal(body.length, 64 * 1024);
      assert.notEqual((await post(room.url, path, body)).status, 413);
      assert.equal((await post(room.url, path, `${body} `)).status, 413);
    });

    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', '']) {
      it(`a body of the type "${type}"`, async () => {
        const body = new Blob([JSON.stringify({ username: 'ann', password })], { type });
        const headers = type ? { 'content-type': type } : {};
        assertRefused(await request(room.url, path, { method: 'POST', headers, body }), 415, 'unsupported_media_type');
      });
    }

    it('no JSON for the parameters of its media type', async () => {
      const username = path.endsWith('login') ? 'unknown' : 'parameters';
      const headers = { 'content-type': 'Application/JSON; charset=utf-8' };
      const { status } = await post(room.url, path, { username, password }, headers);
      assert.equal(status, path.endsWith('login') ? 401 : 201);
    });
  });
}

describe('a failed login', () => {
  it('does not reveal whether the user exists', async () => {
    await room.token('known');
    const attempts = [
      { username: 'known', password: 'not the right one' },
      { username: 'known', password: `${password} ` },
      { username: 'known', password: '' },
      { username: 'known', password: 'x'.repeat(1000) },
      { username: 'unknown', password },
      { username: 'unknown', password: '' },
      { username: '', password },
      { username: 'no name\u0000at all', password },
      { username: '__proto__', password },
    ];
    const answers = await Promise.all(attempts.map(async (attempt) => {
      const { status, headers, body } = await login(attempt);
      return { status, body, headers: [...headers].filter(([name]) => name !== 'date') };
    }));
    assertRefused(answers[0], 401, 'invalid_credentials');
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
  });
});
