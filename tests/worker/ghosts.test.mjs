// Members whose clients vanish leave the list of users and their calls. No connection breaks when a polling client dies: its poll
// is aborted, or the client falls silent, which the server notices sooner during a call.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openChatroom } from './support/chatroom.mjs';
import { RawPolling } from './support/raw.mjs';

const clientScript = fileURLToPath(new URL('support/client-process.mjs', import.meta.url));
const webSocket = { transports: ['websocket'] };

// No heartbeat is due during a test.
const patient = { PING_INTERVAL_MS: '300000', PING_TIMEOUT_MS: '300000' };
// Heartbeats every 18 s: workerd evicts an idle room after 10 s.
const forgetful = { PING_INTERVAL_MS: '28000', PING_TIMEOUT_MS: '8000' };

describe('a member whose client vanishes', { concurrency: true }, () => {
  it('leaves with its call when its poll is aborted', async () => {
    const { room, ann } = await openWithAnn(patient);
    const ghost = await joinInCall(room, ann);
    const poll = await parkPoll(room.url, ghost.query);
    // By the time these are answered, the aborted poll has arrived too.
    for (let number = 0; number < 5; number++) await ann.ask('load_history', {});
    poll.resetAndDestroy();
    assert.deepEqual(await ann.next('online_users', (users) => !users.includes('ghost')), ['ann']);
    assert.deepEqual(await ann.next('call_ended'), { from: 'ghost', reason: 'disconnected' });
    assert.equal((await ghost.get()).status, 400, 'the session is over');
  });

  it('stays when the aborted poll has been answered already', async () => {
    const { room, ann } = await openWithAnn(patient);
    const ghost = await joinSilently(room, ann);
    await drain(ghost);
    const poll = await parkPoll(room.url, ghost.query);
    await room.fence(ann);
    poll.resetAndDestroy();
    for (let number = 0; number < 5; number++) await ann.ask('load_history', {});
    await ghost.send('42["send_message",{"text":"still here"}]');
    await ann.next('new_message', ({ text }) => text === 'still here');
  });

  it('leaves when its process is killed, although the room forgets its session', { timeout: 240_000 }, async (t) => {
    const { room, ann } = await openWithAnn(forgetful);
    const client = await joinInProcess(t, room, ann);
    client.kill('SIGKILL');
    await once(client, 'exit');
    assert.deepEqual(await ann.next('online_users', (users) => !users.includes('ghost')), ['ann']);
    assert.deepEqual(ann.all('disconnect'), []);
  });

  it('leaves its call when its process is killed, long before a heartbeat', async (t) => {
    const { room, ann } = await openWithAnn(patient);
    const client = await joinInProcess(t, room, ann);
    await call(ann, (event) => client.send(event));
    client.kill('SIGKILL');
    await once(client, 'exit');
    assert.deepEqual(await ann.next('call_ended'), { from: 'ghost', reason: 'disconnected' });
  });

  it('leaves its call when the connection of its poll is closed', async () => {
    const { room, ann } = await openWithAnn(patient);
    const ghost = await joinInCall(room, ann);
    const poll = await parkPoll(room.url, ghost.query);
    poll.end();
    assert.deepEqual(await ann.next('call_ended'), { from: 'ghost', reason: 'disconnected' });
    assert.equal((await ghost.get()).status, 400, 'the session is over');
  });

  it('stays in its call as long as it polls', async () => {
    const { room, ann } = await openWithAnn(patient);
    const ghost = await joinInCall(room, ann);
    // Three polls outlast the grace period of a call.
    for (let number = 0; number < 3; number++) assert.equal((await ghost.get()).body, '6');
    assert.deepEqual(await ann.ask('end_call', { to: 'ghost' }), { ok: true });
    assert.deepEqual(ann.all('call_ended'), []);
  });

  it('leaves when it vanishes between two polls', { timeout: 240_000 }, async () => {
    const { room, ann } = await openWithAnn(forgetful);
    await joinSilently(room, ann);
    assert.deepEqual(await ann.next('online_users', (users) => !users.includes('ghost')), ['ann']);
    assert.deepEqual(ann.all('disconnect'), []);
  });

  it('leaves when the room is evicted', async () => {
    const { room, ann } = await openWithAnn(patient);
    await joinSilently(room, ann);
    await room.natter.evict();
    assert.equal((await ann.ask('load_history', {})).ok, true);
    assert.deepEqual(await ann.next('online_users', (users) => !users.includes('ghost')), ['ann']);
    // The list changes only once.
    const lists = ann.all('online_users').length;
    await room.natter.evict();
    await room.fence(ann);
    await room.natter.evict();
    await room.fence(ann);
    assert.equal(ann.all('online_users').length, lists);
  });
});

/** Opens a room with ann, who sees what the others see of a ghost. */
async function openWithAnn(vars) {
  const room = await openChatroom({ vars });
  return { room, ann: await room.join('ann', webSocket) };
}

/** Joins a member over polling, which polls only when told to. `witness` has heard of it. */
async function joinSilently(room, witness) {
  const session = await RawPolling.open(room.url, { poll: false });
  await session.send(`40${JSON.stringify({ token: await room.token('ghost') })}`);
  await witness.next('online_users', (users) => users.includes('ghost'));
  return session;
}

/** Joins the ghost and connects its call with `caller`. Its next poll has to wait. */
async function joinInCall(room, caller) {
  const ghost = await joinSilently(room, caller);
  await call(caller, (event) => ghost.send(`42${JSON.stringify(event)}`));
  await drain(ghost);
  return ghost;
}

/** Starts a process in which the ghost joins over polling. `witness` has heard of it. */
async function joinInProcess(t, room, witness) {
  const options = { url: room.url, auth: { token: await room.token('ghost') }, transports: ['polling'] };
  const client = fork(clientScript, [JSON.stringify(options)]);
  t.after(() => client.kill('SIGKILL'));
  await witness.next('online_users', (users) => users.includes('ghost'));
  return client;
}

/** Connects a call from `caller` to the ghost, which answers through `emit`. */
async function call(caller, emit) {
  assert.deepEqual(await caller.ask('call_user', { to: 'ghost', offer: 1 }), { ok: true });
  await emit(['call_answer', { to: caller.all('online_users').at(-1).find((name) => name !== 'ghost'), answer: 1 }]);
  await caller.next('call_answered');
}

/** Drains the queue of a session, so that its next poll has to wait. */
async function drain(session) {
  await session.send('42["nonsense",1]');
  while (!(await session.get()).body.includes('exception'));
}

/** Polls over a separate connection. Resolves to its socket. */
async function parkPoll(url, query) {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port });
  await once(socket, 'connect');
  socket.resume();
  const request = `GET /socket.io/?${new URLSearchParams(query)} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`;
  await new Promise((resolve) => socket.write(request, resolve));
  return socket;
}
