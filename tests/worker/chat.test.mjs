// The behaviour that every frontend relies on, with each transport setting.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openChatroom, password } from './support/chatroom.mjs';
import { transportSettings } from './support/client.mjs';
import { post } from './support/rest.mjs';

for (const { name, options, transport } of transportSettings) {
  describe(`chat with ${name}`, () => {
    let room;
    before(async () => (room = await openChatroom()));

    it('connects with the token of a registration and of a login', async () => {
      const registered = await post(room.url, '/api/auth/register', { username: 'Rosa', password });
      const loggedIn = await post(room.url, '/api/auth/login', { username: 'rosa', password });
      for (const { body } of [registered, loggedIn]) {
        const client = room.client({ token: body.token, ...options });
        await client.next('connect');
        assert.deepEqual(await client.next('online_users'), ['Rosa']);
        await client.leave();
      }
    });

    it(`ends up on ${transport}`, async () => {
      const client = await room.join('tom', options);
      if (transport === 'websocket') await client.upgraded();
      await room.fence(client);
      assert.equal(client.transport, transport);
      await client.leave();
    });

    it('delivers a message to everyone, the sender included', async () => {
      const [ann, ben] = await room.joinAll(['ann', 'ben'], options);
      for (const [speaker, username] of [[ann, 'ann'], [ben, 'ben']]) {
        speaker.socket.emit('send_message', { text: `hello from ${username}` });
        const messages = await Promise.all([ann, ben].map((client) => client.next('new_message')));
        assert.deepEqual(messages[0], messages[1]);
        const { id, timestamp, ...said } = messages[0];
        assert.deepEqual(said, { username, text: `hello from ${username}` });
        assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        assert.equal(new Date(timestamp).toISOString(), timestamp);
      }
      await Promise.all([ann.leave(), ben.leave()]);
    });

    it('acknowledges a message with the copy that everyone received', async () => {
      const ann = await room.join('ann', options);
      const answer = await ann.ask('send_message', { text: 'is this on?' });
      assert.deepEqual(answer, { ok: true, message: await ann.next('new_message') });
      await ann.leave();
    });

    it('sends the history once per connection, before anything else', async () => {
      const ann = await room.join('ann', options);
      const said = [];
      for (const text of ['one', 'two', 'three']) said.push((await ann.ask('send_message', { text })).message);
      const ben = await room.join('ben', options);
      await room.fence(ben);
      assert.deepEqual(ben.events.slice(0, 2).map((event) => event.name), ['connect', 'message_history']);
      assert.deepEqual(ben.all('message_history')[0].slice(-3), said);

      ben.socket.disconnect().connect();
      await ben.next('message_history');
      await room.fence(ben);
      assert.equal(ben.all('message_history').length, 2, 'one for each connection');
      assert.equal(ann.all('message_history').length, 1);
      await Promise.all([ann.leave(), ben.leave()]);
    });

    it('sends the list of users on connecting and on every change', async () => {
      const ann = await room.join('ann', options);
      assert.deepEqual(ann.all('online_users')[0], ['ann']);
      const ben = await room.join('ben', options);
      assert.deepEqual(ben.all('online_users')[0], ['ann', 'ben']);
      await ann.next('online_users', (users) => users.includes('ben'));
      await ben.leave();
      assert.deepEqual(await ann.next('online_users', (users) => !users.includes('ben')), ['ann']);
      await ann.leave();
    });

    it('loses, duplicates and reorders nothing, even while the transport changes', async () => {
      const [ann, ben] = await room.joinAll(['ann', 'ben'], options);
      const counts = Array.from({ length: 50 }, (_, index) => index);
      for (const count of counts) {
        ann.socket.emit('send_message', { text: `ann ${count}` });
        ben.socket.emit('send_message', { text: `ben ${count}` });
        // The client sends the events of one turn as one payload.
        if (count % 10 === 0) await new Promise(setImmediate);
      }
      for (const client of [ann, ben]) {
        await client.until(() => client.all('new_message').length >= 100, 'all of the 100 messages');
      }
      await room.fence(ann, [ann, ben]);
      for (const client of [ann, ben]) {
        const texts = client.all('new_message').map((message) => message.text);
        for (const name of ['ann', 'ben']) {
          const heard = texts.filter((text) => text.startsWith(`${name} `));
          assert.deepEqual(heard, counts.map((count) => `${name} ${count}`));
        }
      }
      const ids = ann.all('new_message').map((message) => message.id);
      assert.deepEqual(ids, ben.all('new_message').map((message) => message.id), 'both hear the same order');
      assert.deepEqual(ids, [...ids].sort(), 'and ids sort in it');
      await Promise.all([ann.leave(), ben.leave()]);
    });
  });
}
