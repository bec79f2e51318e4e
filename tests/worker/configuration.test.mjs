// A misconfigured server says so and does nothing else. It never reveals the wrong values.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import { openChatroom } from './support/chatroom.mjs';
import { post, request } from './support/rest.mjs';
import { claims, sign } from './support/tokens.mjs';

const wrong = [
  { what: 'no JWT_SECRET', vars: { JWT_SECRET: undefined }, log: /JWT_SECRET is missing/ },
  { what: 'an empty JWT_SECRET', vars: { JWT_SECRET: '' }, log: /JWT_SECRET is missing/ },
  { what: 'a short JWT_SECRET', vars: { JWT_SECRET: 'kT9pQ2mZ' }, log: /JWT_SECRET is shorter than 32 bytes/ },
  {
    what: 'a JWT_SECRET out of a sample',
    vars: { JWT_SECRET: 'your-super-secret-jwt-key-change-this-in-production' },
    log: /JWT_SECRET contains a sample value/,
  },
  { what: 'a JWT_SECRET that repeats itself', vars: { JWT_SECRET: 'kT9pQ2mZ'.repeat(5) }, log: /JWT_SECRET repeats itself/ },
  { what: 'a secret in the place of a number', vars: { JWT_TTL_SECONDS: 'wT7kqZ0vR3nY' }, log: /JWT_TTL_SECONDS must be a whole number/ },
  { what: 'a FRONTEND_URL that is none', vars: { FRONTEND_URL: 'qV4xW8sD2' }, log: /FRONTEND_URL: origin number 1 lacks a scheme/ },
];

for (const { what, vars, log } of wrong) {
  describe(`a server with ${what}`, () => {
    let room;
    before(async () => (room = await openChatroom({ vars, expectLog: true })));

    it('answers everything with 500 and "misconfigured"', async () => {
      const answers = [
        await request(room.url, '/health'),
        await post(room.url, '/api/auth/register', { username: 'ann', password: 'correct horse' }),
        await post(room.url, '/api/auth/login', { username: 'ann', password: 'correct horse' }),
        await request(room.url, '/socket.io/?EIO=4&transport=polling'),
      ];
      for (const { status, body } of answers) {
        const error = "The server isn't set up correctly. See its log for the reason.";
        assert.deepEqual([status, body], [500, { error, code: 'misconfigured' }]);
      }
    });

    it('accepts no connection', async () => {
      const [value] = Object.values(vars);
      const client = room.client({ token: sign(value || 'x', claims('ann')), reconnection: false });
      await client.next('connect_error');
      assert.equal(client.socket.connected, false);
    });

    it('logs the reason, and never the value', () => {
      const logged = room.log.join('\n');
      assert.match(logged, log);
      const [value] = Object.values(vars);
      if (value) assert.ok(!logged.includes(value), logged);
    });
  });
}

describe('the server of these tests', () => {
  it('runs with the settings of wrangler.toml', async () => {
    const [harness, wrangler] = await Promise.all([
      readFile(new URL('support/natter.mjs', import.meta.url), 'utf8'),
      readFile(new URL('../../wrangler.toml', import.meta.url), 'utf8'),
    ]);
    const inHarness = (pattern) => pattern.exec(harness)[1].replaceAll("'", '"');
    const inWrangler = (pattern) => pattern.exec(wrangler)[1];
    assert.equal(inHarness(/compatibilityDate: (.*),/), inWrangler(/^compatibility_date = (.*)$/m));
    assert.equal(inHarness(/compatibilityFlags: (.*),/), inWrangler(/^compatibility_flags = (.*)$/m));
    const classes = [...wrangler.matchAll(/^name = "(\w+)"\nclass_name = "(\w+)"$/gm)].map(([, name, type]) => [name, type]);
    const bound = [...harness.matchAll(/^ +(\w+): \{ type: 'durable-object', worker: 'natter', exportName: '(\w+)' \},$/gm)].map(([, name, type]) => [name, type]);
    assert.deepEqual(bound, classes);
  });
});
