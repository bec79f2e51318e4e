// The import script brings accounts of a Node server over, and their users log in with the same passwords.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../../scripts/lib/command.mjs';
import { secretIn } from '../../scripts/lib/dev-vars.mjs';
import { operatorToken } from '../../scripts/lib/import/client.mjs';
import { openChatroom } from './support/chatroom.mjs';
import { openRoomDatabase } from './support/on-disk.mjs';
import { post, request } from './support/rest.mjs';
import { scratchFolder } from './support/scratch.mjs';
import { claims, sign } from './support/tokens.mjs';

const script = fileURLToPath(new URL('../../scripts/import.mjs', import.meta.url));
const secret = 'wT7kqZ0vR3nYb8LxJ5dGf2HcUa9PsE1m';
const route = '/api/admin/import';
const createdAt = '2024-05-06T07:08:09.010Z';

// Hashes by bcryptjs 3. The prefix of the last two is that of older versions and of PHP.
const staple = 'correct horse battery staple';
const hashes = {
  [staple]: '$2b$10$Es77BzQZ8ARqJBzd1wjqMOcGJFNE40wCr4J0T.Ol44YQQZstJAZEK',
  'пароль 🔑 Zoë': '$2b$04$QbsmhaeFlDiyHm6gqBUiQera/ZcMqF3yP3I1vC1ri9pyo3rm4mue6',
  ['x'.repeat(200)]: '$2b$04$OEJIcOprmRPJGz4VLcgugOu1gkNeejUtPW5ZkI/p9IufPkIrHwzn2',
  'pass🔑word': '$2a$04$P.JZhjGY.0XxXgDrQBugDOaYuxCef3L5D2i8u0Nev3acl9JcgjulG',
  '': '$2y$04$lVWdjO1axrfijhdKhwT74u28rg0y3JWh/4Yfixw.A9NM5PS.U0eve',
};
const cheap = hashes['pass🔑word'];

const user = (username, password = cheap) => [username, { username, password, createdAt }];
const login = (room, username, password) => post(room.url, '/api/auth/login', { username, password });

async function open({ vars, ...options } = {}) {
  const room = await openChatroom({ ...options, vars: { JWT_SECRET: secret, ...vars } });
  const folder = scratchFolder();
  return {
    room,
    folder,
    /** Runs the script on a file with these users. Resolves to its exit code and its output. */
    async script(users, args = [], { env, url = room.url } = {}) {
      const file = join(folder, 'users.json');
      writeFileSync(file, typeof users === 'string' ? users : JSON.stringify(users));
      const all = [script, file, '--url', url, ...args];
      return run(process.execPath, all, { env: { JWT_SECRET: secret, ...env }, limitMs: 120_000 });
    },
    /** Posts a body as the script does. Resolves to the server's answer. */
    ask(body, headers) {
      return post(room.url, route, body, headers ?? { authorization: `Bearer ${operatorToken(secret, room.url)}` });
    },
  };
}

/** Reads the users from the database of a stopped server: `{ name: hash }`. */
function hashesOnDisk(persistTo) {
  const database = openRoomDatabase(persistTo);
  const rows = database.prepare('SELECT username, password_hash FROM users').all();
  database.close();
  return Object.fromEntries(rows.map(({ username, password_hash: hash }) => [username, hash]));
}

describe('an import', () => {
  it('imports accounts, whose passwords are hashed again at the first login', async () => {
    const persistTo = scratchFolder();
    const { room, script } = await open({ persistTo });
    const passwords = Object.keys(hashes);
    const names = ['Ann', 'Ben', 'Zoë', 'Dora', 'Emil'];
    const { code, output } = await script(names.map((name, index) => user(name, hashes[passwords[index]])));
    assert.equal(code, 0, output);
    assert.match(output, /5 to import, 0 already there, 0 skipped as you asked, 0 with problems/);
    assert.match(output, /5 accounts imported/);
    for (const [index, name] of names.slice(0, 4).entries()) {
      const refused = await login(room, name, `!${passwords[index]}`);
      assert.deepEqual([refused.status, refused.body.code], [401, 'invalid_credentials']);
      // The first login verifies the old hash, the second one the new hash.
      for (const time of ['first', 'second']) {
        const { status, body } = await login(room, name.toLowerCase(), passwords[index]);
        assert.deepEqual([status, body.username], [200, name], time);
        const me = await request(room.url, '/api/auth/me', { headers: { authorization: `Bearer ${body.token}` } });
        assert.equal(me.body.createdAt, createdAt);
      }
      assert.equal((await login(room, name, `!${passwords[index]}`)).status, 401);
    }
    await room.close();
    const kept = hashesOnDisk(persistTo);
    for (const name of names.slice(0, 4)) assert.match(kept[name], /^\$pbkdf2-sha512\$i=210000,/);
    assert.equal(kept.Emil, hashes[''], 'a hash without a login stays');
  });

  it('leaves accounts that can change their password', async () => {
    const { room, script } = await open();
    await script([user('Ann')]);
    const { body } = await login(room, 'Ann', 'pass🔑word');
    // The first token outlives the new hash. The second account changes its password before any other login.
    const headers = { authorization: `Bearer ${body.token}` };
    const change = (currentPassword) => post(room.url, '/api/auth/password', { currentPassword, newPassword: staple }, headers);
    assert.equal((await change('wrong')).body.code, 'wrong_password');
    assert.equal((await change('pass🔑word')).status, 200);
    assert.equal((await login(room, 'Ann', staple)).status, 200);
    assert.equal((await login(room, 'Ann', 'pass🔑word')).status, 401);
  });

  it('can be repeated', async () => {
    const { room, script } = await open();
    const users = [user('Ann', hashes[staple]), user('Ben')];
    assert.equal((await script(users)).code, 0);
    await login(room, 'Ann', staple);
    const again = await script([...users, user('Carol')]);
    assert.equal(again.code, 0, again.output);
    assert.match(again.output, /1 to import, 2 already there/);
    for (const [name, password] of [['Ann', staple], ['Ben', 'pass🔑word'], ['Carol', 'pass🔑word']]) {
      assert.equal((await login(room, name, password)).status, 200, name);
    }
  });

  it('imports nothing while an account has a problem, and names it', async (t) => {
    const { room, script, folder } = await open();
    await room.token('taken');
    const many = Array.from({ length: 230 }, (_, index) => user(`user-${index}`));
    const users = [
      ...many,
      user('Twin'),
      user('tWIN'),
      user('Taken'),
      user('admin'),
      user('a'),
      user('\u202eevil\u0000'),
      user('half \ud83d'),
      user('good one', 'plain text'),
      user('costly', cheap.replace('$04$', '$14$')),
      ['undated', { username: 'undated', password: cheap }],
      ['someone', { username: 'else', password: cheap, createdAt }],
      user('again'),
      user('again'),
      'no pair',
    ];
    const refused = await script(users);
    assert.equal(refused.code, 1);
    assert.match(refused.output, /244 accounts in .*users\.json, checked by http/);
    assert.match(refused.output, /230 to import, 0 already there, 0 skipped as you asked, 14 with problems/);
    for (const line of [
      /"Twin": .*"tWIN".*\(username_collision\)/,
      /"tWIN": .*"Twin".*\(username_collision\)/,
      /"Taken": .*\(username_taken\)/,
      /"admin": .*\(username_reserved\)/,
      /"a": .*\(username_invalid\)/,
      /"\\u\{202e\}evil\\u0000": .*\(username_invalid\)/,
      /"half \\ud83d": .*\(username_invalid\)/,
      /"good one": .*\((hash|username)_invalid\)/,
      /"costly": .*bcrypt cost.*\(hash_invalid\)/,
      /"undated": .*\(date_invalid\)/,
      /"someone": .*\(entry_invalid\)/,
      /"again": .*\(entry_repeated\)/,
      /"\(number 244 in the file\)": .*\(entry_invalid\)/,
      /✗ Nothing was imported: 14 accounts can't be imported/,
    ]) assert.match(refused.output, line);
    assert.equal((await login(room, 'user-0', 'pass🔑word')).status, 401, 'nothing was written');

    const renames = join(folder, 'renames.json');
    writeFileSync(renames, JSON.stringify({ 'half \ud83d': 'whole', '\u202eevil\u0000': 'tame' }));
    const args = ['--rename', 'tWIN=other-twin', '--rename', 'Taken=taken-2', '--renames', renames];
    const partly = await script(users, [...args, '--skip', 'admin', '--skip', 'a', '--partial']);
    assert.equal(partly.code, 1, 'something remains');
    assert.match(partly.output, /235 to import, 0 already there, 2 skipped as you asked, 7 with problems/);
    assert.match(partly.output, /- "admin" is skipped, as you asked/);
    assert.match(partly.output, /- "Taken" becomes "taken-2"/);
    assert.match(partly.output, /235 accounts imported/);
    assert.match(partly.output, /✗ 7 accounts could not be imported/);
    for (const name of ['user-0', 'user-229', 'Twin', 'other-twin', 'taken-2', 'whole', 'tame']) {
      assert.equal((await login(room, name, 'pass🔑word')).status, 200, name);
    }
    assert.equal((await login(room, 'taken', 'pass🔑word')).status, 401, 'the owner keeps the name');
    assert.equal((await login(room, 'admin', 'pass🔑word')).status, 401);
  });

  it('is repeated when its answer is lost', async (t) => {
    const { room, script } = await open();
    // Forwards to the server, and drops the answers to the first, third and fifth request.
    let requests = 0;
    const proxy = createServer(async (incoming, outgoing) => {
      const body = await text(incoming);
      requests += 1;
      const drop = requests % 2 === 1;
      const { hostname, port } = new URL(room.url);
      const { host, authorization } = incoming.headers;
      const headers = { host, authorization, 'content-type': 'application/json' };
      const forwarded = httpRequest({ hostname, port, path: incoming.url, method: incoming.method, headers }, async (answer) => {
        const content = await text(answer);
        if (drop) return incoming.socket.destroy();
        outgoing.writeHead(answer.statusCode, { 'content-type': 'application/json' }).end(content);
      });
      forwarded.end(body);
    });
    await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    t.after(() => proxy.close());
    const url = `http://127.0.0.1:${proxy.address().port}`;
    const { code, output } = await script(Array.from({ length: 150 }, (_, index) => user(`user-${index}`)), [], { url });
    assert.equal(code, 0, output);
    assert.match(output, /150 accounts imported/);
    assert.equal(requests, 8, 'two batches, checked and written, each sent twice');
    assert.equal((await login(room, 'user-149', 'pass🔑word')).status, 200);
  });

  it('can be a dry run', async () => {
    const { room, script } = await open();
    const { code, output } = await script([user('Ann')], ['--dry-run']);
    assert.equal(code, 0, output);
    assert.match(output, /1 to import[^]*Nothing was imported: this was a dry run/);
    assert.equal((await login(room, 'Ann', 'pass🔑word')).status, 401);
  });

  it('that fails says why in a sentence, and never prints the secret', async () => {
    const { room, script } = await open();
    const other = 'Zq1cV6nM4bX9kL2jH7gF5dS8aP3oI0uY';
    const ann = [user('Ann')];
    for (const [[users, ...rest], sentence] of [
      [[ann, [], { env: { JWT_SECRET: other } }], /does not accept the secret from the environment variable JWT_SECRET: .*Nothing was imported\./],
      [[ann, [], { url: 'http://chat.example' }], /not sent unencrypted/],
      [[ann, [], { url: 'https://chat.example/path' }], /must contain only the scheme, host and port/],
      [[ann, [], { url: 'chat.example' }], /is not a URL/],
      [[ann, [], { url: 'https://chat.example', env: { JWT_SECRET: '' } }], /set the environment variable JWT_SECRET/],
      [[ann, ['--rename', 'ann=bob']], /"ann" is not in the file/],
      [[ann, ['--skip', 'Bob']], /"Bob" is not in the file/],
      [[ann, ['--skip', 'Ann', '--rename', 'Ann=Bob']], /both renamed and skipped/],
      [[ann, ['--rename', 'Ann']], /must look like "Old Name=new-name"/],
      [[[user('a'), user('a=b')], ['--rename', 'a=b=c']], /is ambiguous/],
      [[ann, ['--renames', '/nowhere.json']], /cannot be read/],
      [[ann, ['--force']], /--force[^]*npm run import/],
      [[ann, ['another.json']], /Name one file/],
      [['[["Ann"'], /is not JSON/],
      [['{"Ann":{}}'], /must be an array/],
    ]) {
      const { code, output } = await script(users, ...rest);
      assert.equal(code, 1, output);
      assert.match(output, sentence);
      assert.doesNotMatch(output, /^ +at /m, 'no stack');
      for (const text of [secret, other, cheap]) assert.ok(!output.includes(text), output);
    }
    assert.equal((await login(room, 'Ann', 'pass🔑word')).status, 401);
  });
});

describe('the route', () => {
  const entry = { username: 'Ann', passwordHash: cheap, createdAt };
  const batch = (entries = [entry], more) => ({ kind: 'users', version: 1, dryRun: false, entries, ...more });

  it('accepts only operators of this server', async () => {
    const { room, ask } = await open({ vars: { JWT_SECRET_PREVIOUS: '9fB3kX7qW1zN5vR8tC2yM6pL4hJ0dGsE' } });
    const user = await room.token('ben');
    const now = Math.floor(Date.now() / 1000);
    const both = { ...claims('ben'), scope: 'import', aud: room.url, exp: now + 60 };
    const refused = [
      [undefined, 'token_missing'],
      ['Basic YTpi', 'token_missing'],
      [`Bearer ${user}`, 'token_invalid'],
      [`Bearer ${sign(secret, both)}`, 'token_invalid'],
      [`Bearer ${operatorToken('9fB3kX7qW1zN5vR8tC2yM6pL4hJ0dGsE', room.url)}`, 'token_invalid'],
      [`Bearer ${operatorToken(secret, 'https://other.example')}`, 'token_invalid'],
      [`Bearer ${operatorToken(secret, room.url, Date.now() - 120_000)}`, 'token_expired'],
      [`Bearer ${operatorToken(secret, room.url, Date.now() + 120_000)}`, 'token_not_yet_valid'],
    ];
    for (const [authorization, code] of refused) {
      const { status, body } = await ask(batch(), authorization ? { authorization } : {});
      assert.deepEqual([status, body.code], [401, code], authorization);
      assert.match(body.error, /^The|^This/);
    }
    assert.equal((await login(room, 'Ann', 'pass🔑word')).status, 401, 'nothing was written');
    // An operator is not a user either.
    const authorization = `Bearer ${operatorToken(secret, room.url)}`;
    assert.equal((await request(room.url, '/api/auth/me', { headers: { authorization } })).body.code, 'token_invalid');
    assert.equal((await ask(batch(), { authorization, origin: 'https://evil.example' })).body.code, 'forbidden_origin');
    assert.equal((await ask(batch(), { authorization })).status, 200);
  });

  it('accepts batches of one kind, of bounded size', async () => {
    const { ask } = await open();
    for (const [body, status, code] of [
      [batch([], { kind: 'messages' }), 400, 'import_unsupported'],
      [batch([], { version: 2 }), 400, 'import_unsupported'],
      [batch([], { dryRun: undefined }), 400, 'invalid_body'],
      [batch([['Ann', cheap, createdAt]]), 400, 'invalid_body'],
      [batch([{ ...entry, role: 'owner' }]), 400, 'invalid_body'],
      [batch([null]), 400, 'invalid_body'],
      [batch(Array(101).fill(entry)), 400, 'too_many_entries'],
      [batch([{ ...entry, username: 'x'.repeat(70_000) }]), 413, 'body_too_large'],
      ['', 400, 'invalid_body'],
    ]) {
      const answer = await ask(body);
      assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(body).slice(0, 100));
    }
    assert.deepEqual((await ask(batch([]))).body, { results: [] });
    const entries = [entry, { ...entry, username: 'ANN' }, { ...entry, username: '' }];
    const { body } = await ask(batch(entries, { dryRun: true }));
    assert.deepEqual(body.results[0], { status: 'new', username: 'Ann', key: 'ann' });
    const rest = body.results.slice(1).map(({ status, key, code }) => [status, key, code]);
    assert.deepEqual(rest, [['refused', 'ann', 'username_repeated'], ['refused', undefined, 'username_invalid']]);
    assert.deepEqual((await ask(batch())).body.results, [{ status: 'created', username: 'Ann', key: 'ann' }]);
    assert.deepEqual((await ask(batch())).body.results, [{ status: 'present', username: 'Ann', key: 'ann' }]);
  });
});

it('the secret of a local server is read from .dev.vars as wrangler reads it', () => {
  for (const [lines, expected] of [
    ['JWT_SECRET="a b#c"', 'a b#c'],
    ["# JWT_SECRET='old'\nexport JWT_SECRET = 'a b#c' # comment", 'a b#c'],
    ['OTHER=1\r\n  JWT_SECRET=abc # comment\r\nJWT_SECRET_PREVIOUS="old"', 'abc'],
    ['JWT_SECRET="a\\nb"', 'a\nb'],
    ['JWT_SECRET=first\nJWT_SECRET=`last`', 'last'],
    ['JWT_SECRET=""', undefined],
    ['JWT_SECRET="a$b"', undefined],
    ['', undefined],
  ]) assert.equal(secretIn(lines), expected, lines);
});
