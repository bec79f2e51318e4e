// socket.io-client from the oldest version that speaks the protocol to the newest, with each transport setting.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openChatroom } from '../worker/support/chatroom.mjs';
import { Client, transportSettings } from '../worker/support/client.mjs';

// The newest, and the oldest 4.x and 3.x.
const versions = await Promise.all(
  ['socket.io-client', 'socket.io-client-4.0', 'socket.io-client-3.0'].map(async (name) => {
    const { default: io } = await import(name);
    const { default: { version } } = await import(`${name}/package.json`, { with: { type: 'json' } });
    return { version, io };
  }),
);
const combinations = versions.flatMap((client) => transportSettings.map((setting) => ({ ...client, ...setting })));

const sdp = 'v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=setup:actpass\r\n';
const offer = { type: 'offer', sdp };
const answer = { type: 'answer', sdp };
const candidate = { candidate: 'candidate:1 1 udp 2122260223 192.0.2.7 54321 typ host', sdpMid: '0', sdpMLineIndex: 0 };
const emoji = 'naïve <b>日本語</b> 👩‍👩‍👧\n\t"quoted" \\';

for (const { version, io, name, options, transport } of combinations) {
  describe(`socket.io-client ${version} with ${name}`, () => {
    let room, ann, ben;
    before(async () => {
      room = await openChatroom();
      [ann, ben] = await Promise.all(['ann', 'ben'].map(async (user) => connect(await room.token(user))));
    });

    const connect = (token) => room.client({ io, token, wants: ['missed'], ...options });

    it('learns why it may not connect', async () => {
      for (const [token, code] of [[undefined, 'token_missing'], ['forged', 'token_invalid'], [`${await room.token('ann')}x`, 'token_invalid']]) {
        const client = connect(token);
        const error = await client.next('connect_error');
        assert.equal(error.message, 'Authentication error');
        assert.equal(error.data.code, code);
        assert.equal(client.socket.connected, false);
        await client.leave();
        assert.deepEqual(client.events.map((event) => event.name), ['connect_error']);
      }
    });

    it('connects, and gets the history and the list of users', async () => {
      for (const client of [ann, ben]) {
        await client.next('connect');
        assert.ok(client.socket.id);
        assert.deepEqual(await client.next('message_history'), []);
        assert.deepEqual((await client.next('online_users', (users) => users.length === 2)).sort(), ['ann', 'ben']);
        assert.deepEqual(client.events.slice(0, 2).map((event) => event.name), ['connect', 'message_history']);
      }
    });

    it(`ends up on ${transport}`, async () => {
      for (const client of [ann, ben]) {
        if (transport === 'websocket') await client.upgraded();
        assert.equal(client.transport, transport);
      }
    });

    it('sends and receives messages', async () => {
      for (const [speaker, username] of [[ann, 'ann'], [ben, 'ben']]) {
        speaker.socket.emit('send_message', { text: emoji });
        const [first, second] = [await ann.next('new_message'), await ben.next('new_message')];
        assert.deepEqual(first, second);
        assert.deepEqual({ username: first.username, text: first.text }, { username, text: emoji });
        assert.equal(new Date(first.timestamp).toISOString(), first.timestamp);
      }
    });

    it('gets acknowledgements', async () => {
      const accepted = await ben.ask('send_message', { text: 'is this on?' });
      assert.deepEqual(accepted, { ok: true, message: await ann.next('new_message') });
      const refused = await ben.ask('send_message', { text: ' ' });
      assert.deepEqual([refused.ok, refused.code], [false, 'empty_message']);
      ben.socket.emit('send_message', { text: ' ' });
      const { event, code } = await ben.next('exception');
      assert.deepEqual([event, code], ['send_message', 'empty_message']);
    });

    it('makes and receives calls', async () => {
      ann.socket.emit('call_user', { to: 'ben', offer });
      assert.deepEqual(await ben.next('incoming_call'), { from: 'ann', offer });
      ben.socket.emit('call_answer', { to: 'ann', answer });
      assert.deepEqual(await ann.next('call_answered'), { from: 'ben', answer });
      for (const [sender, from, receiver, to] of [[ann, 'ann', ben, 'ben'], [ben, 'ben', ann, 'ann']]) {
        sender.socket.emit('ice_candidate', { to, candidate });
        assert.deepEqual(await receiver.next('ice_candidate'), { from, candidate });
      }
      ben.socket.emit('end_call', { to: 'ann' });
      assert.equal((await ann.next('call_ended')).from, 'ben');
    });

    it('sends and receives bytes', async () => {
      const bytes = Buffer.from([0, 1, 2, 0x1e, 0xfe, 0xff]);
      assert.deepEqual(await ann.ask('call_user', { to: 'ben', offer: { bytes, more: [bytes] } }), { ok: true });
      const received = await ben.next('incoming_call');
      assert.deepEqual([received.offer.bytes, ...received.offer.more].map((part) => Buffer.from(part)), [bytes, bytes]);
      ann.socket.emit('end_call', { to: 'ben' });
      await ben.next('call_ended');
    });

    it('has received the history once', () => {
      for (const client of [ann, ben]) assert.equal(client.all('message_history').length, 1);
    });

    if (transport === 'websocket') {
      it('reconnects by itself after a lost connection, and misses no message', async () => {
        ben.lose();
        await ben.next('disconnect');
        const { message } = await ann.ask('send_message', { text: 'while ben was away' });
        await ben.next('connect');
        // A version with connection state recovery gets the missed messages, an older one the history.
        const missed = ben.socket.recovered
          ? await ben.next('new_message', ({ id }) => id === message.id)
          : (await ben.next('message_history')).at(-1);
        assert.deepEqual(missed, message);
      });
    }

    it('disconnects, and connects again', async () => {
      await ben.leave();
      assert.equal(await ben.next('disconnect'), 'io client disconnect');
      assert.deepEqual(await ann.next('online_users', (users) => users.length === 1), ['ann']);
      const { message } = await ann.ask('send_message', { text: 'without ben' });
      ben.socket.connect();
      await ben.next('connect');
      assert.deepEqual((await ben.next('message_history', (messages) => messages.length > 0)).at(-1), message);
      await ann.next('online_users', (users) => users.length === 2);
      assert.equal(ann.all('connect').length, 1, 'nothing of this has cost the other its connection');
    });
  });
}

describe('heartbeats', () => {
  let room;
  before(async () => (room = await openChatroom({ vars: { PING_INTERVAL_MS: '5000', PING_TIMEOUT_MS: '5000' } })));

  it('keep every client connected, whatever its version and its transport', async () => {
    const token = await room.token('ann');
    await Promise.all(combinations.map(async ({ io, options, transport }) => {
      const client = room.client({ io, token, ...options });
      await client.next('connect');
      if (transport === 'websocket') await client.upgraded();
      // By the third, the server has accepted the answers to two.
      await client.heartbeats(3);
      assert.equal((await client.ask('nonsense')).code, 'unknown_event');
      assert.equal(client.all('disconnect').length, 0);
    }));
  });
});
