// A call waits a while for a side that was lost. That while is over at a moment, however often the room leaves memory meanwhile.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openChatroom } from './support/chatroom.mjs';

// A heartbeat that is near would keep the room in memory.
const vars = { PING_INTERVAL_MS: '300000', PING_TIMEOUT_MS: '300000' };

it('a call ends for the side that is left, though the room is taken out of memory again and again', async () => {
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
    // A deadline that is near keeps the room in memory: then the call ends before the eviction does, or in its place.
    await room.natter.evict().catch(() => {});
    await ann.ask('load_history', { limit: 1 });
  }
  assert.deepEqual(await end, { from: 'ben', reason: 'disconnected' });
});
