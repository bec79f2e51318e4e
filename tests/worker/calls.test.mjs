// The server relays what two browsers need to call each other, and vouches for who sent it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openChatroom } from './support/chatroom.mjs';
import { transportSettings } from './support/client.mjs';
import { RawPolling, RawWebSocket } from './support/raw.mjs';

const offer = { type: 'offer', sdp: 'v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n' };
const answer = { type: 'answer', sdp: 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n' };
const candidate = {
  candidate: 'candidate:1 1 udp 2122260223 192.0.2.7 54321 typ host generation 0 ufrag x network-cost 999',
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: null,
};

for (const { name, options } of transportSettings) {
  describe(`calls with ${name}`, () => {
    let room, ann, ben, eve;
    before(async () => {
      room = await openChatroom();
      [ann, ben, eve] = await room.joinAll(['ann', 'ben', 'eve'], options);
    });
    after(() => room.close());

    it('relays a call from the first offer to the end', async () => {
      ann.socket.emit('call_user', { to: 'ben', offer });
      assert.deepEqual(await ben.next('incoming_call'), { from: 'ann', offer });
      ben.socket.emit('call_answer', { to: 'ann', answer });
      assert.deepEqual(await ann.next('call_answered'), { from: 'ben', answer });
      ann.socket.emit('ice_candidate', { to: 'ben', candidate });
      assert.deepEqual(await ben.next('ice_candidate'), { from: 'ann', candidate });
      ben.socket.emit('ice_candidate', { to: 'ann', candidate });
      assert.deepEqual(await ann.next('ice_candidate'), { from: 'ben', candidate });
      ann.socket.emit('end_call', { to: 'ben' });
      assert.equal((await ben.next('call_ended')).from, 'ann');
    });

    it('names the authenticated sender, whatever the payload claims', async () => {
      const lies = { from: 'ben', username: 'ben', sender: { username: 'ben' } };
      const call = [
        [eve, 'eve', 'call_user', { offer }, 'incoming_call', ann, 'ann'],
        [ann, 'ann', 'call_answer', { answer }, 'call_answered', eve, 'eve'],
        [eve, 'eve', 'ice_candidate', { candidate }, 'ice_candidate', ann, 'ann'],
        [eve, 'eve', 'end_call', {}, 'call_ended', ann, 'ann'],
      ];
      for (const [sender, from, sent, content, received, receiver, to] of call) {
        sender.socket.emit(sent, { ...lies, to, ...content });
        const { reason, ...got } = await receiver.next(received);
        assert.deepEqual(got, { from, ...content });
      }
    });

    it('finds the callee by any spelling of the name, and acknowledges', async () => {
      assert.deepEqual(await ann.ask('call_user', { to: 'BEN', offer }), { ok: true });
      assert.deepEqual(await ben.next('incoming_call'), { from: 'ann', offer });
      ann.socket.emit('end_call', { to: 'ben' });
      await ben.next('call_ended');
    });

    it('tells nobody else', async () => {
      const bystander = await room.join('bystander', options);
      ann.socket.emit('call_user', { to: 'ben', offer });
      await ben.next('incoming_call');
      ben.socket.emit('end_call', { to: 'ann' });
      await ann.next('call_ended');
      await room.fence(ann, [bystander]);
      const signals = ['incoming_call', 'call_answered', 'ice_candidate', 'call_ended'];
      assert.deepEqual(bystander.events.filter((event) => signals.includes(event.name)), []);
      await bystander.leave();
    });

    it('tells the caller when the callee is not there', async () => {
      ann.socket.emit('call_user', { to: 'nobody', offer });
      assert.deepEqual(await ann.next('call_ended'), { from: 'nobody', reason: 'offline' });
    });

    it('relays bytes inside a payload', async () => {
      const bytes = Buffer.from([0, 1, 254, 255]);
      ann.socket.emit('call_user', { to: 'ben', offer: { ...offer, bytes } });
      const { from, offer: got } = await ben.next('incoming_call');
      assert.equal(from, 'ann');
      assert.deepEqual({ ...got, bytes: Buffer.from(got.bytes) }, { ...offer, bytes });
      ann.socket.emit('end_call', { to: 'ben' });
      await ben.next('call_ended');
    });
  });
}

describe('what is relayed', () => {
  let room;
  before(async () => (room = await openChatroom()));
  after(() => room.close());

  // What JSON.parse and JSON.stringify would change: numbers beyond doubles, their spelling, the order of keys that look like
  // numbers, doubled keys, escapes, white space.
  const peculiar = [
    '{"b":1.0,"a":1e2,"10":-0,"9":0.10,"big":12345678901234567890123,"tiny":1E-400}',
    '{"type":"offer","sdp":"v=0\\r\\n\\u00e9\\/\\u2028 \u{1F600} \\ud83d\\ude00","type":"offer"}',
    '{ "spaced" : [ 1 , 2 ,\t3 ] , "empty" : {} }',
    '"just a string"',
    '[[],[[]],{"__proto__":{"polluted":true},"constructor":1}]',
    'false',
    '0',
  ];
  for (const [name, transport] of [['WebSocket', RawWebSocket], ['polling', RawPolling]]) {
    it(`is relayed byte for byte over ${name}`, async () => {
      const [ann, ben] = await Promise.all([transport.open(room.url), transport.open(room.url)]);
      await ann.join(await room.token('ann'));
      await ben.join(await room.token('ben'));
      const call = [
        [ann, 'ann', 'call_user', 'offer', 'incoming_call', ben, 'ben'],
        [ben, 'ben', 'call_answer', 'answer', 'call_answered', ann, 'ann'],
        [ann, 'ann', 'ice_candidate', 'candidate', 'ice_candidate', ben, 'ben'],
      ];
      for (const content of peculiar) {
        for (const [sender, from, sent, field, received, receiver, to] of call) {
          await sender.send(`42["${sent}",{"${field}":${content},"to":"${to}"}]`);
          const packet = await receiver.next((packet) => packet.startsWith(`42["${received}"`));
          const relayed = `42["${received}",{"from":"${from}","${field}":${content}},`;
          assert.equal(packet.slice(0, relayed.length), relayed);
          assert.match(packet.slice(relayed.length), /^"[\w.-]+"\]$/, 'the offset follows');
        }
        await ann.send('42["end_call",{"to":"ben"}]');
        await ben.next((packet) => packet.startsWith('42["call_ended"'));
      }
      await Promise.all([ann.close(), ben.close()]);
    });
  }

  it('includes null, the candidate that says that there are no more', async () => {
    const [ann, ben] = await room.joinAll(['ann', 'ben']);
    ann.socket.emit('call_user', { to: 'ben', offer });
    await ben.next('incoming_call');
    assert.deepEqual(await ann.ask('ice_candidate', { to: 'ben', candidate: null }), { ok: true });
    assert.deepEqual(await ben.next('ice_candidate'), { from: 'ann', candidate: null });
    await Promise.all([ann.leave(), ben.leave()]);
  });
});
