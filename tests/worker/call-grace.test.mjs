// A call waits a grace period for a lost side. Evictions of the room do not extend it.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openChatroom } from './support/chatroom.mjs';

// An approaching heartbeat would keep the room in memory.
const vars = { PING_INTERVAL_MS: '300000', PING_TIMEOUT_MS: '300000' };

it('a call ends for the remaining side although the room is evicted repeatedly', async () => {
  const room = await openChatroom({ vars });
  const ann = await room.join('ann', { transports: ['websocket'] });
  const ben = await room.join('ben', { transports: ['websocket'], reconnection: false });
  // Ben stays online, so that his presence does not keep the room in memory.
  await room.join('ben', { transports: ['websocket'] });
  ann.socket.emit('call_user', { to: 'ben', offer: 1 });
  await ben.next('incoming_call');
  ben.socket.emit('call_answer', { to: 'ann', answer: 1 });
  await ann.next('call_answered');
  ben.lose();
  await ben.next('disconnect');

  let hasEnded = false;
  const end = ann.next('call_ended').finally(() => (hasEnded = true));
  while (!hasEnded) {
    // An approaching deadline keeps the room in memory, so the call can end before the eviction or instead of it.
    await room.natter.evict().catch(() => {});
    await ann.ask('load_history', { limit: 1 });
  }
  assert.deepEqual(await end, { from: 'ben', reason: 'disconnected' });
});
