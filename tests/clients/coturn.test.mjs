// A real TURN server accepts the credentials from `/api/ice-servers`, and no others.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openChatroom } from '../worker/support/chatroom.mjs';
import { request } from '../worker/support/rest.mjs';
import { canRelay, haveCoturn, startCoturn } from './coturn.mjs';

const { skip } = await haveCoturn();

it('coturn relays only for credentials from the shared secret', { skip }, async (t) => {
  const secret = 'a secret of coturn and Natter';
  const port = await startCoturn(t, secret);
  const credentials = async (vars) => {
    const room = await openChatroom({ vars: { TURN_URLS: `turn:127.0.0.1:${port}`, TURN_SECRET: secret, ...vars } });
    const headers = { authorization: `Bearer ${await room.token('eleni:☎@example.com')}` };
    return (await request(room.url, '/api/ice-servers', { headers })).body.iceServers[1];
  };
  const good = await credentials();
  assert.equal(await canRelay(port, good), true);
  assert.equal(await canRelay(port, await credentials({ TURN_SECRET: 'another secret' })), false);
  const longer = `${Number.parseInt(good.username) + 1}${good.username.slice(good.username.indexOf(':'))}`;
  assert.equal(await canRelay(port, { ...good, username: longer }), false, 'with a later end written in');
});
