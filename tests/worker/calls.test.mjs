// The server relays signalling between two browsers, vouches for its sender, and tracks calls.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
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

    it('tells no one else', async () => {
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

    it('tells the caller if the callee is offline', async () => {
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

describe('a relayed payload', () => {
  let room;
  before(async () => (room = await openChatroom()));

  // Payloads that JSON.parse and JSON.stringify would change: numbers beyond doubles and their spelling, the order of numeric
  // keys, duplicate keys, escapes, white space.
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

  it('can be null, the end of candidates', async () => {
    const [ann, ben] = await room.joinAll(['ann', 'ben']);
    ann.socket.emit('call_user', { to: 'ben', offer });
    await ben.next('incoming_call');
    assert.deepEqual(await ann.ask('ice_candidate', { to: 'ben', candidate: null }), { ok: true });
    ben.socket.emit('call_answer', { to: 'ann', answer });
    assert.deepEqual(await ben.next('ice_candidate'), { from: 'ann', candidate: null });
    await Promise.all([ann.leave(), ben.leave()]);
  });
});

/** A frontend for the original server. It ignores `reason`, acknowledgements and `exception`. */
class Frontend {
  screen = 'idle';

  constructor(client) {
    this.client = client;
    client.socket.on('incoming_call', ({ from }) => this.#show('ringing', from));
    client.socket.on('call_answered', () => this.#show('in call', this.peer));
    client.socket.on('call_ended', () => this.#show('idle'));
  }

  call(to) {
    this.#show('calling', to);
    this.client.socket.emit('call_user', { to, offer });
  }

  accept() {
    this.client.socket.emit('call_answer', { to: this.peer, answer });
    this.#show('in call', this.peer);
  }

  end() {
    this.client.socket.emit('end_call', { to: this.peer });
    this.#show('idle');
  }

  async shows(screen) {
    await this.client.until(() => this.screen === screen, `screen "${screen}"; it is "${this.screen}"`);
  }

  reason() {
    return this.client.all('call_ended').at(-1).reason;
  }

  #show(screen, peer) {
    this.screen = screen;
    this.peer = peer;
  }
}

describe('a frontend for the original server leaves its calling screen', () => {
  const options = { transports: ['websocket'] };
  const open = async (...names) => {
    const room = await openChatroom();
    const clients = await room.joinAll(names, options);
    return clients.map((client) => new Frontend(client));
  };

  it('when the callee declines', async () => {
    const [ann, ben] = await open('ann', 'ben');
    ann.call('ben');
    await ben.shows('ringing');
    ben.end();
    await ann.shows('idle');
    assert.equal(ann.reason(), 'declined');
  });

  it('when the caller cancels, on the side of the callee', async () => {
    const [ann, ben, tab] = await open('ann', 'ben', 'ben');
    ann.call('ben');
    await Promise.all([ben.shows('ringing'), tab.shows('ringing')]);
    ann.end();
    await Promise.all([ben.shows('idle'), tab.shows('idle')]);
    assert.deepEqual([ben.reason(), tab.reason()], ['cancelled', 'cancelled']);
  });

  it('when another tab answers, and that call lasts until someone hangs up', async () => {
    const [ann, ben, tab] = await open('ann', 'ben', 'ben');
    ann.call('ben');
    await Promise.all([ben.shows('ringing'), tab.shows('ringing')]);
    ben.accept();
    await Promise.all([tab.shows('idle'), ann.shows('in call')]);
    assert.equal(tab.reason(), 'answered_elsewhere');
    ann.end();
    await ben.shows('idle');
    assert.equal(ben.reason(), 'hangup');
  });

  it('when the callee is offline, and when the callee is in another call', async () => {
    const [ann, ben, eve] = await open('ann', 'ben', 'eve');
    eve.call('nobody');
    await eve.shows('idle');
    assert.equal(eve.reason(), 'offline');
    ann.call('ben');
    await ben.shows('ringing');
    for (const to of ['ann', 'ben']) {
      eve.call(to);
      await eve.shows('idle');
      assert.equal(eve.reason(), 'busy');
    }
    ben.accept();
    await ann.shows('in call');
  });

  it('when both call each other, and rings with the call that remains', async () => {
    const [ann, ben] = await open('ann', 'ben');
    ann.call('ben');
    ben.call('ann');
    const first = await Promise.race([ann.client.next('call_ended').then(() => ann), ben.client.next('call_ended').then(() => ben)]);
    assert.equal(first.reason(), 'glare');
    await first.shows('ringing');
    first.accept();
    await (first === ann ? ben : ann).shows('in call');
  });

  it('when the other side disconnects', async () => {
    for (const accepts of [false, true]) {
      const [ann, ben] = await open('ann', 'ben');
      ann.call('ben');
      await ben.shows('ringing');
      if (accepts) {
        ben.accept();
        await ann.shows('in call');
      }
      await ben.client.leave();
      await ann.shows('idle');
      assert.equal(ann.reason(), 'disconnected');
    }
  });

  it('when the tab of the caller crashes', async () => {
    const [ann, ben] = await open('ann', 'ben');
    ann.call('ben');
    await ben.shows('ringing');
    ann.client.socket.io.reconnection(false);
    ann.client.lose();
    await ben.shows('idle');
    assert.equal(ben.reason(), 'disconnected');
  });

  it('when no one answers, even if the room is evicted meanwhile', { timeout: 90_000 }, async () => {
    const room = await openChatroom({ vars: { PING_INTERVAL_MS: '300000', PING_TIMEOUT_MS: '300000' } });
    const ann = new Frontend(await room.join('ann', options));
    const ben = new Frontend(await room.join('ben', options));
    ann.call('ben');
    await ben.shows('ringing');
    await room.natter.evict();
    const all = [ann, ben].map(({ client }) => new Promise((resolve) => client.socket.once('call_ended', resolve)));
    assert.deepEqual((await Promise.all(all)).map(({ reason }) => reason), ['no_answer', 'no_answer']);
    assert.deepEqual([ann.screen, ben.screen], ['idle', 'idle']);
  });
});

it('a connected call outlives a signalling socket that recovers', async () => {
  const room = await openChatroom();
  const [ann, ben] = await room.joinAll(['ann', 'ben'], { transports: ['websocket'] });
  ann.socket.emit('call_user', { to: 'ben', offer });
  await ben.next('incoming_call');
  ben.socket.emit('call_answer', { to: 'ann', answer });
  await ann.next('call_answered');
  ben.lose();
  await ben.next('disconnect');
  for (let number = 0; number < 5; number++) {
    assert.deepEqual(await ann.ask('ice_candidate', { to: 'ben', candidate: number }), { ok: true });
  }
  await ben.until(() => ben.all('ice_candidate').length === 5, 'five candidates');
  assert.ok(ben.socket.recovered);
  assert.deepEqual(ben.all('ice_candidate').map((it) => it.candidate), [0, 1, 2, 3, 4]);
  ben.socket.emit('end_call', { to: 'ann' });
  assert.deepEqual(await ann.next('call_ended'), { from: 'ben', reason: 'hangup' });
});
