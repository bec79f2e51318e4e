// Compares Natter with the Node server it replaces: same requests and events, same answers, except for the differences that
// docs/migrating.md justifies. `npm run original` runs the table against the original server.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { differences } from './original/differences.mjs';
import { document } from './original/document.mjs';
import { startOriginal } from './original/server.mjs';
import { Stage, account } from './original/stage.mjs';
import { table } from './original/table.mjs';
import { openChatroom } from './support/chatroom.mjs';

/** A URL or a checkout of the original server, to test it instead of Natter. */
const original = process.env.NATTER_ORIGINAL;
const isUrl = original && /^https?:/.test(original);

/** Starts a server for the rows: `{ url, secret, stop() }`. */
async function start() {
  if (isUrl) return { url: original.replace(/\/$/, ''), stop: async () => {} };
  if (original) return startOriginal(original);
  const secret = randomBytes(48).toString('base64');
  const room = await openChatroom({ vars: { JWT_SECRET: secret } });
  return { url: room.url, secret, stop: () => room.close() };
}

const expected = (row) => (original || !row.because ? row.original : row.natter);

for (const [section, rows] of Object.entries(table)) {
  describe(`${original ? 'the original server' : 'Natter'}, ${section}:`, () => {
    let shared;
    before(async () => (shared = await start()));
    after(() => shared.stop());

    for (const row of rows) {
      const skip = isUrl && row.ownServer && 'needs a server of its own: name a checkout';
      it(row.because && !original ? `${row.name} (differs: ${row.because})` : row.name, { skip }, async () => {
        const server = original && row.ownServer ? await start() : shared;
        const stage = new Stage(server);
        try {
          assert.deepEqual(await row.run(stage), expected(row));
        } finally {
          await stage.close();
          if (server !== shared) await server.stop();
        }
      });
    }
  });
}

describe('the table', { skip: original && 'asks the original server' }, () => {
  const rows = Object.values(table).flat();
  const keys = Object.values(differences).flatMap(Object.keys);

  it('has a reason wherever Natter differs, and nowhere else', () => {
    for (const row of rows) {
      assert.equal('natter' in row, 'because' in row, row.name);
      if (row.because) assert.notDeepEqual(row.natter, row.original, row.name);
    }
    assert.deepEqual([...new Set(rows.flatMap(({ because }) => because ?? []))].sort(), keys.sort());
  });

  it('names every row once', () => {
    for (const [section, rows] of Object.entries(table)) {
      const names = rows.map(({ name }) => name);
      assert.deepEqual(names, [...new Set(names)], section);
    }
  });

  it('matches docs/migrating.md: npm run original -- --docs', async () => {
    const { is, shouldBe } = await document();
    assert.equal(is, shouldBe);
  });
});

it('PASSWORD_MIN_LENGTH=6 accepts the passwords that the original server did', { skip: original && 'is a setting of Natter' }, async () => {
  const room = await openChatroom({ vars: { PASSWORD_MIN_LENGTH: '6' } });
  const stage = new Stage(room);
  const username = stage.name('ann');
  const welcome = { username, token: 'string', message: 'a sentence' };
  assert.deepEqual(account(await stage.register(username, 'xK9!zQ')), { status: 201, ...welcome });
  assert.deepEqual(account(await stage.logIn(username, 'xK9!zQ')), { status: 200, ...welcome });
  assert.equal((await stage.register(stage.name('ben'), 'xK9!z')).status, 400);
});
