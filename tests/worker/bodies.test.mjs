// Refused request bodies, and the connections that carried them.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openChatroom } from './support/chatroom.mjs';
import { RawConnection, requestText } from './support/raw-http.mjs';
import { assertConnectionLives, assertHalfABodyIsAnswered, assertReadingEnds, refusals, refusingVars } from './support/refused-bodies.mjs';

describe('a refused request with a body', () => {
  let room;
  before(async () => (room = await openChatroom({ vars: refusingVars })));

  for (const refusal of refusals) {
    it(`leaves its connection usable after ${refusal[0]} (${refusal[1]})`, () => assertConnectionLives(room.url, refusal));
  }

  it('is read up to a limit', () => assertReadingEnds(room.url));
  it('is answered if the rest of its body does not arrive', () => assertHalfABodyIsAnswered(room.url));
});

it('a misconfigured server keeps connections usable too', async () => {
  const room = await openChatroom({ vars: { HISTORY_LIMIT: '0' }, expectLog: true });
  const headers = { 'Content-Type': 'application/json' };
  const connection = new RawConnection(room.url);
  for (let time = 0; time < 3; time += 1) {
    await connection.send(requestText(room.url, 'POST', '/api/auth/login', headers, ' '.repeat(70_000)));
    assert.equal((await connection.answer())?.status, 500);
  }
  await connection.end();
});
