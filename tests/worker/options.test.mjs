// Client options that change the transport: `protocols` and `forceBase64`.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { before, describe, it } from 'node:test';
import { openChatroom } from './support/chatroom.mjs';
import { transportSettings } from './support/client.mjs';
import { inTime } from './support/patience.mjs';
import { RawPolling, RawWebSocket } from './support/raw.mjs';

/** Offers these subprotocols in a WebSocket handshake. Resolves to its status and the chosen one. */
function handshake(url, offered, query = {}) {
  const target = new URL(`/socket.io/?${new URLSearchParams({ EIO: '4', transport: 'websocket', ...query })}`, url);
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    'sec-websocket-protocol': offered,
  };
  const answered = new Promise((resolve, reject) => {
    const asked = request(target, { headers });
    asked.on('error', reject);
    asked.on('response', (response) => {
      response.resume();
      resolve({ status: response.statusCode });
    });
    asked.on('upgrade', ({ statusCode, headers }, socket) => {
      socket.destroy();
      resolve({ status: statusCode, taken: headers['sec-websocket-protocol'] });
    });
    asked.end();
  });
  return inTime(answered, () => 'the handshake is not answered');
}

describe('a client that offers subprotocols', () => {
  let room;
  before(async () => (room = await openChatroom()));

  for (const { name, options, transport } of transportSettings) {
    it(`connects, and gets the first over WebSocket: ${name}`, async () => {
      const ann = await room.join('ann', { ...options, protocols: ['chat', 'other'], reconnection: false });
      if (transport === 'websocket') {
        await ann.upgraded();
        assert.equal(ann.socket.io.engine.transport.ws.protocol, 'chat');
      }
      await room.fence(ann);
      assert.equal(ann.transport, transport);
      await ann.leave();
    });
  }

  const long = 'x'.repeat(10_000);
  const offers = {
    chat: 'chat',
    'chat, other': 'chat',
    'chat,other': 'chat',
    [`chat, ${long}`]: 'chat',
    [`chat${', other'.repeat(1_500)}`]: 'chat',
    [long]: undefined,
    'two words, chat': undefined,
    '"chat"': undefined,
    ', chat': undefined,
    '': undefined,
  };
  it('gets the first only if it is a token of reasonable length', async () => {
    for (const [offered, taken] of Object.entries(offers)) {
      assert.deepEqual(await handshake(room.url, offered), { status: 101, taken }, offered.slice(0, 80));
    }
  });

  it('gets the first with an upgrade from polling, too', async () => {
    const session = await RawPolling.open(room.url, { poll: false });
    const { sid } = session.handshake;
    assert.deepEqual(await handshake(room.url, 'chat, other', { sid }), { status: 101, taken: 'chat' });
  });

  it('is refused like any other with an unknown session', async () => {
    assert.deepEqual(await handshake(room.url, 'chat', { sid: 'nobody' }), { status: 400 });
  });
});

describe('a client that asks for base64', () => {
  let room, ben;
  before(async () => {
    room = await openChatroom();
    ben = await room.join('ben', { transports: ['websocket'] });
  });

  const offer = Buffer.from([0, 1, 2, 254, 255]);
  const answer = Buffer.from('bytes of the other side');

  for (const { name, options, transport } of transportSettings) {
    it(`sends and gets bytes: ${name}`, async () => {
      const ann = await room.join('ann', { ...options, forceBase64: true });
      const binaryFrames = [];
      if (transport === 'websocket') {
        await ann.upgraded();
        ann.socket.io.engine.transport.ws.on('message', (_, isBinary) => isBinary && binaryFrames.push(isBinary));
      }
      assert.equal((await ann.ask('call_user', { to: 'ben', offer })).ok, true);
      assert.deepEqual((await ben.next('incoming_call')).offer, offer);
      assert.equal((await ben.ask('call_answer', { to: 'ann', answer })).ok, true);
      assert.deepEqual((await ann.next('call_answered')).answer, answer);
      await ann.ask('end_call', { to: 'ben' });
      await ben.next('call_ended');
      assert.equal(ann.transport, transport);
      assert.deepEqual(binaryFrames, [], 'binary frames');
      await ann.leave();
    });
  }

  it('still gets it after an eviction', async () => {
    const vars = { PING_INTERVAL_MS: '300000', PING_TIMEOUT_MS: '300000' };
    const sleepy = await openChatroom({ vars });
    const session = await RawWebSocket.open(sleepy.url, { b64: '1' });
    await session.join(await sleepy.token('ann'));
    const cat = await sleepy.join('cat', { transports: ['websocket'] });
    await sleepy.natter.evict();
    cat.socket.emit('call_user', { to: 'ann', offer });
    await session.next((packet) => typeof packet === 'string' && packet.startsWith('451-["incoming_call"'));
    assert.equal(await session.next(), `b${offer.toString('base64')}`);
  });
});
