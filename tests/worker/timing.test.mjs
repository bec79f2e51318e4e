// Whether a user exists cannot be told by the time that a refused login takes.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openChatroom, password } from './support/chatroom.mjs';
import { post } from './support/rest.mjs';

const tries = 200;

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}

it('a wrong password and an unknown user take the same time, to within 5 % of the median', async (t) => {
  const room = await openChatroom(t);
  await room.token('known');
  const times = { known: [], unknown: [] };
  for (let count = 0; count < tries; count += 1) {
    // Taken in turns, and each first as often as the other: whatever else the machine does disturbs both alike.
    const names = count % 2 ? ['known', 'unknown'] : ['unknown', 'known'];
    for (const username of names) {
      const started = performance.now();
      const { status } = await post(room.url, '/api/auth/login', { username, password: `not ${password}` });
      times[username].push(performance.now() - started);
      assert.equal(status, 401);
    }
  }
  const [known, unknown] = [median(times.known), median(times.unknown)];
  t.diagnostic(`known ${known.toFixed(1)} ms, unknown ${unknown.toFixed(1)} ms`);
  assert.ok(Math.abs(known - unknown) <= 0.05 * Math.max(known, unknown), `known ${known} ms, unknown ${unknown} ms`);
});
