// Only the bearer of a valid token may join over Socket.IO.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openChatroom } from './support/chatroom.mjs';
import { transportSettings } from './support/client.mjs';
import { RawPolling, RawWebSocket } from './support/raw.mjs';
import { claims, sign, unsigned } from './support/tokens.mjs';

const secret = 'wT7kqZ0vR3nYb8LxJ5dGf2HcUa9PsE1m';
const otherSecret = 'Zq1cV6nM4bX9kL2jH7gF5dS8aP3oI0uY';
const now = Math.floor(Date.now() / 1000);
const good = sign(secret, claims('ann'));
const [header, payload, signature] = good.split('.');
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

const refused = [
  ['missing', undefined, 'token_missing'],
  ['null', null, 'token_missing'],
  ['empty', '', 'token_missing'],
  ['a number', 42, 'token_missing'],
  ['an object', { token: good }, 'token_missing'],
  ['garbage', 'garbage', 'token_invalid'],
  ['two dots', '..', 'token_invalid'],
  ['a mebibyte of garbage', 'x'.repeat(900_000), 'token_invalid'],
  ['without signature', `${header}.${payload}.`, 'token_invalid'],
  ['cut short', good.slice(0, -1), 'token_invalid'],
  ['with a fourth part', `${good}.x`, 'token_invalid'],
  ['with spaces around it', ` ${good} `, 'token_invalid'],
  ['signed with another key', sign(otherSecret, claims('ann')), 'token_invalid'],
  ['signed with an empty key', sign('', claims('ann')), 'token_invalid'],
  ['with another name put in', `${header}.${encoded(claims('ben'))}.${signature}`, 'token_invalid'],
  ['of algorithm none', unsigned(claims('ann')), 'token_invalid'],
  ['of algorithm none with a signature', sign(secret, claims('ann'), { header: { alg: 'none' } }), 'token_invalid'],
  ['of algorithm nOnE', sign(secret, claims('ann'), { header: { alg: 'nOnE' } }), 'token_invalid'],
  ['of algorithm HS512', sign(secret, claims('ann'), { header: { alg: 'HS512' }, hash: 'sha512' }), 'token_invalid'],
  ['of algorithm RS256', sign(secret, claims('ann'), { header: { alg: 'RS256' } }), 'token_invalid'],
  ['without algorithm', sign(secret, claims('ann'), { header: { typ: 'JWT' } }), 'token_invalid'],
  ['of another issuer', sign(secret, { ...claims('ann'), iss: 'somebody' }), 'token_invalid'],
  ['without issuer', sign(secret, { ...claims('ann'), iss: undefined }), 'token_invalid'],
  ['for another audience', sign(secret, { ...claims('ann'), aud: 'somebody' }), 'token_invalid'],
  ['without audience', sign(secret, { ...claims('ann'), aud: undefined }), 'token_invalid'],
  ['without expiry', sign(secret, { ...claims('ann'), exp: undefined }), 'token_invalid'],
  ['with an expiry that is no number', sign(secret, { ...claims('ann'), exp: 'never' }), 'token_invalid'],
  ['without subject', sign(secret, { ...claims('ann'), sub: undefined }), 'token_invalid'],
  ['with a subject that is no name', sign(secret, { ...claims('ann'), sub: 'two\u0000words' }), 'token_invalid'],
  ['expired a second ago', sign(secret, { ...claims('ann'), iat: now - 3600, exp: now - 1 }), 'token_expired'],
  ['expired long ago', sign(secret, { ...claims('ann'), iat: 0, exp: 0 }), 'token_expired'],
  ['expired and signed with another key', sign(otherSecret, { ...claims('ann'), exp: now - 1 }), 'token_invalid'],
  ['issued in an hour', sign(secret, { ...claims('ann'), iat: now + 3600, exp: now + 7200 }), 'token_not_yet_valid'],
];

for (const { name, options } of transportSettings) {
  describe(`with ${name}, a client`, () => {
    let room, witness;
    before(async () => {
      room = await openChatroom({ vars: { JWT_SECRET: secret } });
      witness = await room.join('witness', options);
    });

    for (const [what, token, code] of refused) {
      it(`is refused if its token is ${what}`, async () => {
        const client = room.client({ token, ...options });
        const error = await client.next('connect_error');
        assert.equal(error.message, 'Authentication error');
        assert.deepEqual(error.data, { code });
        await room.fence(witness);
        assert.deepEqual(client.events.map((event) => event.name), ['connect_error'], 'it hears nothing');
        await client.leave();
      });
    }

    it('is refused without auth', async () => {
      const client = room.client({ auth: undefined, ...options });
      const error = await client.next('connect_error');
      assert.deepEqual([error.message, error.data], ['Authentication error', { code: 'token_missing' }]);
      await client.leave();
    });

    it('may join with a valid token after a refusal', async () => {
      const client = room.client({ token: 'garbage', ...options });
      await client.next('connect_error');
      client.socket.auth = { token: good };
      client.socket.connect();
      await client.next('connect');
      assert.deepEqual(await client.next('online_users'), ['ann', 'witness']);
      await witness.next('online_users', (users) => users.includes('ann'));
      await client.leave();
    });

    it('is invisible to others when it is refused', () => {
      const lists = witness.all('online_users').map((users) => users.join());
      assert.deepEqual([...new Set(lists)].sort(), ['ann,witness', 'witness']);
      assert.deepEqual(witness.all('disconnect'), []);
    });
  });
}

describe('a session without a token', () => {
  let room;
  before(async () => (room = await openChatroom({ vars: { JWT_SECRET: secret } })));

  for (const packet of ['42["send_message",{"text":"I am not here"}]', '421["send_message",{"text":"I am not here"}]', '41', '431[]']) {
    it(`is closed when it sends ${packet}`, async () => {
      const witness = await room.join('witness');
      const stranger = await RawWebSocket.open(room.url);
      stranger.send(packet);
      await stranger.end();
      await room.fence(witness);
      assert.equal(witness.all('new_message').length, 1, 'the fence only');
      await witness.leave();
    });
  }

  it('is closed when it takes too long to present one', async () => {
    const hasty = await openChatroom({ vars: { CONNECT_TIMEOUT_MS: '3000' } });
    const polling = await RawPolling.open(hasty.url);
    assert.equal((await polling.end()).body, '1');
    const socket = await RawWebSocket.open(hasty.url);
    // workerd keeps the connection of a silent WebSocket for some seconds after the close frame.
    socket.send('6');
    await socket.end();
  });
});
