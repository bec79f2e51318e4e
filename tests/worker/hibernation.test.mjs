// An idle room leaves memory while its WebSockets stay connected. Clients must not notice.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openChatroom, password } from './support/chatroom.mjs';
import { RawPolling, RawWebSocket } from './support/raw.mjs';
import { post } from './support/rest.mjs';

// An approaching heartbeat keeps a room in memory and delays an eviction, so heartbeats are rare here.
const vars = { PING_INTERVAL_MS: '300000', PING_TIMEOUT_MS: '300000', UPGRADE_TIMEOUT_MS: '5000' };

// With default options the client upgrades while it polls. In local workerd, a request that overlaps with a WebSocket's opening
// can leave a permanent reference to the object, which is then never evicted.
const options = { transports: ['websocket'] };

describe('a room that was evicted', () => {
  let room, ann, ben;
  before(async () => {
    room = await openChatroom({ vars });
    // They join one after another, for the reason above.
    ann = await room.join('ann', options);
    ben = await room.join('ben', options);
    await ann.until(() => ann.all('online_users').at(-1).length === 2, 'both online');
  });

  it('still delivers messages', async () => {
    const earlier = await room.fence(ann, [ann, ben]);
    await room.natter.evict();
    const answer = await ann.ask('send_message', { text: 'still there?' });
    assert.deepEqual(await ben.next('new_message', ({ id }) => id === answer.message.id), answer.message);
    assert.equal(answer.message.username, 'ann', 'it knows who is who');
    assert.ok(answer.message.id > earlier.id, 'ids go on where they were');
    await room.natter.evict();
    await room.fence(ben, [ann, ben]);
  });

  it('still relays calls', async () => {
    await room.natter.evict();
    ann.socket.emit('call_user', { to: 'ben', offer: { type: 'offer' } });
    assert.deepEqual(await ben.next('incoming_call'), { from: 'ann', offer: { type: 'offer' } });
    await room.natter.evict();
    ben.socket.emit('call_answer', { to: 'ann', answer: { type: 'answer' } });
    assert.deepEqual(await ann.next('call_answered'), { from: 'ben', answer: { type: 'answer' } });
    await room.natter.evict();
    ann.socket.emit('end_call', { to: 'ben' });
    assert.equal((await ben.next('call_ended')).from, 'ann');
  });

  it('still refuses the same events', async () => {
    await room.natter.evict();
    assert.equal((await ann.ask('send_message', { text: '' })).code, 'empty_message');
    ann.socket.emit('nonsense');
    assert.equal((await ann.next('exception')).code, 'unknown_event');
  });

  it('still knows who is online, and announces changes', async () => {
    await room.natter.evict();
    const cat = await room.join('cat', options);
    assert.deepEqual(cat.all('online_users')[0], ['ann', 'ben', 'cat']);
    await ann.next('online_users', (users) => users.join() === 'ann,ben,cat');
    await room.natter.evict();
    await cat.leave();
    await ann.next('online_users', (users) => users.join() === 'ann,ben');
  });

  it('still knows its users and its history', async () => {
    const said = await room.fence(ann);
    await room.natter.evict();
    const { status, body } = await post(room.url, '/api/auth/login', { username: 'ann', password });
    assert.equal(status, 200);
    const late = room.client({ token: body.token, ...options });
    assert.deepEqual((await late.next('message_history')).at(-1), said);
    await late.leave();
  });

  it('still recognises a clientId', async () => {
    const first = await ann.ask('send_message', { text: 'once', clientId: 'c-1' });
    await room.natter.evict();
    assert.deepEqual(await ann.ask('send_message', { text: 'once', clientId: 'c-1' }), first);
  });

  it('has lost no client, and sent none the history again', async () => {
    await room.natter.evict();
    await room.fence(ann, [ann, ben]);
    for (const client of [ann, ben]) {
      const count = (name) => client.all(name).length;
      assert.deepEqual([count('connect'), count('disconnect'), count('message_history')], [1, 0, 1]);
    }
  });

  it('hears when a client disconnects', async () => {
    const cat = await room.join('cat', options);
    await ann.until(() => ann.all('online_users').at(-1).includes('cat'), 'cat online');
    await room.natter.evict();
    await cat.leave();
    await ann.until(() => !ann.all('online_users').at(-1).includes('cat'), 'cat gone');
  });
});

describe('an eviction', () => {
  let room;
  before(async () => (room = await openChatroom({ vars })));

  it('in the middle of a join lets the client join afterwards', async () => {
    const session = await RawWebSocket.open(room.url);
    await room.natter.evict();
    await session.join(await room.token('ann'));
    session.send('421["send_message",{"text":"made it"}]');
    assert.match(await session.next((packet) => packet.startsWith('431')), /"made it"/);
    await session.close();
  });

  it('keeps the WebSocket of an upgraded polling client', async () => {
    const session = await RawPolling.open(room.url, { poll: false });
    await session.send(`40${JSON.stringify({ token: await room.token('ann') })}`);
    assert.match((await session.get()).body, /^40/);
    const frames = [];
    const socket = new WebSocket(`${room.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket&sid=${session.handshake.sid}`);
    const hears = (frame) => new Promise((resolve) => {
      socket.onmessage = ({ data }) => frames.push(data) && data.startsWith(frame) && resolve(data);
    });
    await new Promise((resolve) => (socket.onopen = resolve));
    socket.send('2probe');
    await hears('3probe');
    socket.send('5');
    socket.send('421["send_message",{"text":"upgraded"}]');
    await hears('431');
    await room.natter.evict();
    socket.send('422["send_message",{"text":"and woken up"}]');
    assert.match(await hears('432'), /"username":"ann","text":"and woken up"/);
    assert.ok(!frames.slice(1).some((frame) => frame.includes('message_history')));
    socket.close();
  });

  it('that closes the sockets makes clients reconnect by themselves', async () => {
    for (const transports of [['websocket'], ['polling']]) {
      const ann = await room.join('ann', { transports, wants: ['missed'] });
      const said = await room.fence(ann);
      await room.natter.evict('close');
      await ann.next('disconnect');
      await ann.next('connect');
      assert.ok(ann.socket.recovered, 'the session goes on');
      await room.fence(ann);
      assert.equal(ann.all('message_history').length, 1);
      assert.equal(ann.all('new_message').filter(({ id }) => id === said.id).length, 1);
      await ann.leave();
    }
  });

  it('during a poll makes the client reconnect by itself', async () => {
    const ann = await room.join('ann', { transports: ['polling'] });
    await room.natter.evict();
    await ann.next('disconnect');
    await ann.next('connect');
    await room.fence(ann);
    await ann.leave();
  });
});
