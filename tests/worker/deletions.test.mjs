// Deleting messages with the real client: at once, after a lost connection, and over REST.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openChatroom } from './support/chatroom.mjs';
import { request } from './support/rest.mjs';

describe('a deleted message', () => {
  it('disappears for everyone, those who were away included', async (t) => {
    const room = await openChatroom(t);
    const ann = await room.join('ann', { transports: ['websocket'] });
    const ben = await room.join('ben', { transports: ['websocket'], wants: ['missed'] });
    const { message } = await ann.ask('send_message', { text: 'a secret', clientId: 'a-1' });
    await room.fence(ann, [ann, ben]);
    ben.lose();
    await ben.next('disconnect');
    assert.deepEqual(await ann.ask('delete_message', { id: message.id }), { ok: true });
    assert.deepEqual(await ann.next('message_deleted'), { id: message.id });
    await ben.next('connect', () => ben.socket.recovered);
    const last = await room.fence(ann, [ann, ben]);
    assert.deepEqual(ben.all('message_deleted'), [{ id: message.id }]);
    assert.equal((await ben.ask('delete_message', { id: message.id })).code, 'not_your_message');

    const { messages } = await ann.ask('load_history', {});
    assert.equal(messages.at(-1).id, last.id);
    assert.ok(messages.every(({ id }) => id !== message.id));
    const { body } = await request(room.url, '/api/messages', { headers: { authorization: `Bearer ${await room.token('ann')}` } });
    assert.deepEqual(body.messages, messages);
    const late = await room.join('late');
    assert.deepEqual(late.all('message_history'), [messages]);
    // A retry of the message neither fails nor brings it back.
    const retried = await ann.ask('send_message', { text: 'a secret', clientId: 'a-1' });
    assert.deepEqual(retried, { ok: true, message: { ...message, text: '' } });
    await room.fence(ann, [ann, late]);
    assert.ok(late.all('new_message').every(({ id }) => id !== message.id));
  });
});
