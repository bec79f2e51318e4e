// Accounts over REST.
import { account, claimsOf, failure, named, password } from './stage.mjs';

const welcome = (username) => [
  { status: 201, username, token: 'string', message: 'a sentence' },
  { status: 200, username, token: 'string', message: 'a sentence' },
];
const refused = { status: 400, error: 'a sentence' };
const wrongCredentials = { status: 401, error: 'a sentence' };
const json = { 'content-type': 'application/json' };

/** Registers and logs in. Returns both answers as a frontend reads them. */
async function both(stage, username, secret = password, again = username, secretAgain = secret) {
  const registered = account(await stage.register(username, secret));
  const loggedIn = account(await stage.logIn(again, secretAgain));
  return stage.plain([registered, loggedIn]);
}

/** Sends a JSON body verbatim to the login. */
const bodyOfLogin = (body, headers) => async (stage) => failure(await stage.post('/api/auth/login', body, headers));

export const accounts = [
  { name: 'a user registers and logs in', run: (stage) => both(stage, stage.name('ann')), original: welcome('ann') },
  {
    name: 'a token names the user, for seven days',
    run: async (stage) => {
      const { username, iat, exp } = claimsOf((await stage.register(stage.name('ann'))).body.token);
      return { username: stage.plain(username), days: (exp - iat) / 86_400 };
    },
    original: { username: 'ann', days: 7 },
  },
  {
    name: 'an e-mail address can be a username',
    run: (stage) => both(stage, `${stage.name('alice')}@example.com`),
    original: welcome('alice@example.com'),
  },
  ...['John Doe', "o'neil", 'dave+work', 'eve!', '😀smile', 'Müller & Söhne', '山田太郎', 'a/b', 'R2-D2 (bot)'].map((name) => ({
    name: `${name} can be a username`,
    run: (stage) => both(stage, stage.name(name)),
    original: welcome(name),
  })),
  {
    name: 'a username can have 40 characters',
    run: async (stage) => (await stage.register(stage.name('x'.repeat(31)))).status,
    original: 201,
  },
  {
    name: 'a username can have 64 characters',
    run: async (stage) => (await stage.register(stage.name('x'.repeat(55)))).status,
    original: 201,
  },
  {
    name: 'a username can have three characters',
    run: async (stage) => (await stage.register('bob')).status,
    original: 201,
    ownServer: true,
  },
  {
    name: 'a username of two characters',
    run: async (stage) => (await stage.register('bo')).status,
    original: 400,
    natter: 201,
    because: 'twoCharacters',
    ownServer: true,
  },
  { name: 'a username of one character', run: async (stage) => failure(await stage.register('b')), original: refused },
  {
    name: 'a username of 65 characters',
    run: async (stage) => (await stage.register(stage.name('x'.repeat(56)))).status,
    original: 201,
    natter: 400,
    because: 'longNames',
  },
  {
    name: 'a username with spaces around it',
    run: async (stage) => {
      const username = `  ${stage.name('ann')}  `;
      return both(stage, username, password, username.trim());
    },
    original: [welcome('  ann  ')[0], wrongCredentials],
    natter: welcome('ann'),
    because: 'trimmed',
  },
  {
    name: 'a username of spaces',
    run: async (stage) => (await stage.register('   ')).status,
    original: 201,
    natter: 400,
    because: 'trimmed',
    ownServer: true,
  },
  ...[['a line break', 'a\nb'], ['a control character', 'a\u0000b'], ['a change of direction', 'a\u202eb'], ['an invisible character', 'a\u200bb']].map(([what, name]) => ({
    name: `a username with ${what}`,
    run: async (stage) => (await stage.register(stage.name(name))).status,
    original: 201,
    natter: 400,
    because: 'invisible',
  })),
  {
    name: 'a username that could pass for the server',
    run: async (stage) => (await stage.register('admin')).status,
    original: 201,
    natter: 400,
    because: 'reserved',
    ownServer: true,
  },
  {
    name: 'a username that is taken in lower case',
    run: async (stage) => {
      const [registered, loggedIn] = await both(stage, stage.name('ann'), password, stage.name('ANN'));
      return [registered.status, loggedIn.status, (await stage.register(stage.name('ANN'))).status];
    },
    original: [201, 401, 201],
    natter: [201, 200, 409],
    because: 'caseInsensitive',
  },
  {
    name: 'a username that is taken',
    run: async (stage) => {
      await stage.register(stage.name('ann'));
      const answer = await stage.register(stage.name('ann'));
      return { ...failure(answer), names: named(answer) };
    },
    original: { ...refused, names: ['username'] },
    natter: { ...refused, status: 409, names: ['username'] },
    because: 'conflict',
  },
  {
    name: 'one username registered twice at once',
    run: async (stage) => {
      const answers = await Promise.all([1, 2].map(() => stage.register(stage.name('ann'))));
      return answers.map(({ status }) => status).sort();
    },
    original: [201, 201],
    natter: [201, 409],
    because: 'race',
  },
  {
    name: 'a password of five characters',
    run: async (stage) => {
      const answer = await stage.register(stage.name('ann'), 'xK9!z');
      return { ...failure(answer), names: named(answer) };
    },
    original: { ...refused, names: [] },
  },
  {
    name: 'a password of seven characters',
    run: async (stage) => {
      const answer = await stage.register(stage.name('ann'), 'xK9!zQ4');
      return [answer.status, answer.status >= 400 && named(answer)];
    },
    original: [201, false],
    natter: [400, []],
    because: 'shortPasswords',
  },
  {
    name: 'a password of 129 characters',
    run: async (stage) => (await stage.register(stage.name('ann'), 'xK9!'.repeat(32) + 'z')).status,
    original: 201,
    natter: 400,
    because: 'longPasswords',
  },
  {
    name: 'a password of 100 characters, of which the first 72 are right',
    run: async (stage) => (await both(stage, stage.name('ann'), 'xK9!'.repeat(25), undefined, 'xK9!'.repeat(18))).map(({ status }) => status),
    original: [201, 200],
    natter: [201, 401],
    because: 'truncatedPasswords',
  },
  ...[['one of the most common passwords', () => 'password123'], ['the username as the password', (stage) => stage.name('ann')]].map(([what, secret]) => ({
    name: what,
    run: async (stage) => {
      const answer = await stage.register(stage.name('ann'), secret(stage));
      return [answer.status, answer.status >= 400 && named(answer)];
    },
    original: [201, false],
    natter: [400, []],
    because: 'commonPasswords',
  })),
  {
    name: 'a wrong password and an unknown user',
    run: async (stage) => {
      await stage.register(stage.name('ann'));
      const wrong = await stage.logIn(stage.name('ann'), 'not the right one');
      const unknown = await stage.logIn(stage.name('nobody'));
      return { wrong: failure(wrong), unknown: failure(unknown), alike: JSON.stringify(wrong.body) === JSON.stringify(unknown.body) };
    },
    original: { wrong: wrongCredentials, unknown: wrongCredentials, alike: true },
  },
  ...['register', 'login'].flatMap((route) => [
    {
      name: `a ${route} request without one of its fields`,
      run: async (stage) => {
        const bodies = [{}, { username: stage.name('ann') }, { password }, { username: null, password: null }];
        return Promise.all(bodies.map(async (body) => failure(await stage.post(`/api/auth/${route}`, body))));
      },
      original: [refused, refused, refused, refused],
    },
    {
      name: `a ${route} request with an empty field`,
      run: async (stage) => {
        const bodies = [{ username: '', password }, { username: stage.name('ann'), password: '' }];
        return Promise.all(bodies.map(async (body) => failure(await stage.post(`/api/auth/${route}`, body))));
      },
      original: [refused, refused],
      ...(route === 'login' && { natter: [wrongCredentials, wrongCredentials], because: 'emptyLogin' }),
    },
  ]),
  {
    name: 'extra fields',
    run: async (stage) => {
      const body = { username: stage.name('ann'), password, email: 'ann@example.com', confirmPassword: password };
      return stage.plain([account(await stage.post('/api/auth/register', body)), account(await stage.post('/api/auth/login', body))]);
    },
    original: welcome('ann'),
  },
  {
    name: 'a login with a username that is not a string',
    run: async (stage) => {
      const answers = await Promise.all([42, true, ['ann'], { name: 'ann' }].map((username) => stage.logIn(username)));
      return answers.map(({ status }) => status);
    },
    original: [401, 401, 401, 401],
    natter: [400, 400, 400, 400],
    because: 'types',
  },
  {
    name: 'a login with a password that is not a string',
    run: async (stage) => {
      await stage.register(stage.name('ann'));
      const answers = await Promise.all([42, true, ['x'], {}].map((secret) => stage.logIn(stage.name('ann'), secret)));
      return answers.map(({ status }) => status);
    },
    original: [500, 500, 500, 500],
    natter: [400, 400, 400, 400],
    because: 'types',
  },
  {
    name: 'a registration whose fields are not strings',
    run: async (stage) => {
      const answers = await Promise.all([[42, password], [['a', 'b', 'c'], password], [{}, password], [stage.name('ann'), 123456789]].map(([username, secret]) => stage.register(username, secret)));
      return answers.map(({ status }) => status);
    },
    original: [201, 201, 201, 500],
    natter: [400, 400, 400, 400],
    because: 'types',
    ownServer: true,
  },
  { name: 'truncated JSON', run: bodyOfLogin('{"username": "ann"'), original: { status: 400 }, natter: refused, because: 'jsonErrors' },
  { name: 'JSON that is a string', run: bodyOfLogin('"ann"'), original: { status: 400 }, natter: refused, because: 'jsonErrors' },
  { name: 'JSON that is null', run: bodyOfLogin('null'), original: { status: 400 }, natter: refused, because: 'jsonErrors' },
  { name: 'JSON that is a list', run: bodyOfLogin('["ann"]'), original: refused },
  { name: 'a body of 200 kB', run: bodyOfLogin(`{"username":"${'x'.repeat(200_000)}"}`), original: { status: 413 }, natter: { status: 413, error: 'a sentence' }, because: 'jsonErrors' },
  {
    name: 'JSON with a charset parameter',
    run: async (stage) => {
      const body = { username: stage.name('ann'), password };
      return stage.plain(account(await stage.post('/api/auth/register', body, { 'content-type': 'application/json; charset=utf-8' })));
    },
    original: welcome('ann')[0],
  },
  { name: 'an empty body', run: bodyOfLogin('', json), original: refused },
  ...['text/plain', 'application/x-www-form-urlencoded'].map((type) => ({
    name: `a body that is ${type}`,
    run: bodyOfLogin(JSON.stringify({ username: 'ann', password }), { 'content-type': type }),
    original: refused,
    natter: { ...refused, status: 415 },
    because: 'contentType',
  })),
];
