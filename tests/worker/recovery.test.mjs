// Connection state recovery with the real client: missed events arrive once and in order, and the history is not repeated.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openChatroom } from './support/chatroom.mjs';

describe('a client that loses its connection', () => {
  it('gets the missed messages once and in order', async () => {
    const room = await openChatroom();
    const ann = await room.join('ann', { transports: ['websocket'] });
    const ben = await room.join('ben', { transports: ['websocket'], wants: ['missed'] });
    const sid = ben.socket.id;
    await room.fence(ann, [ann, ben]);
    ben.lose();
    await ben.next('disconnect');
    const missed = [];
    for (let number = 0; number < 10; number += 1) missed.push(await room.fence(ann));
    await ben.next('connect', () => ben.socket.recovered);
    assert.equal(ben.socket.id, sid);
    const last = await room.fence(ann, [ann, ben]);
    const ids = ben.all('new_message').map(({ id }) => id).filter((id) => id >= missed[0].id);
    assert.deepEqual(ids, [...missed.map(({ id }) => id), last.id]);
    assert.equal(ben.all('message_history').length, 1);
  });

  it('gets the history after the missed messages unless it asks for them alone', async () => {
    const room = await openChatroom();
    const [ann, ben] = await room.joinAll(['ann', 'ben'], { transports: ['websocket'] });
    await room.fence(ann, [ann, ben]);
    ben.lose();
    await ben.next('disconnect');
    const missed = await room.fence(ann);
    const history = await ben.next('message_history');
    assert.deepEqual(history.at(-1), missed);
    assert.ok(ben.socket.recovered);
    const names = ben.events.slice(ben.events.findIndex(({ name }) => name === 'disconnect')).map(({ name }) => name);
    assert.ok(names.indexOf('new_message') < names.indexOf('message_history'), names.join());
  });

  it('begins a new session after a disconnect', async () => {
    const room = await openChatroom();
    const ann = await room.join('ann');
    await ann.leave();
    ann.socket.connect();
    await ann.next('connect');
    await ann.next('message_history');
    assert.ok(!ann.socket.recovered);
  });
});
