// What a room knows after every kind of connection: nothing is missing in the middle, and nothing is there twice.
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Room } from '../../web/src/chat/room.ts';

const said = (number) => ({ id: String(number).padStart(6, '0'), username: 'ben', text: `text ${number}`, timestamp: '' });
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => said(from + index));
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A socket of a server on which so much has been said. `answer` can be replaced, to answer otherwise. */
class Socket extends EventEmitter {
  connected = true;
  asked = [];
  said = 0;

  answer({ before, limit }) {
    const end = Number(before) - 1;
    return { ok: true, messages: range(Math.max(1, end - limit + 1), end), hasMore: end > limit };
  }

  timeout() {
    return {
      emitWithAck: async (name, data) => {
        assert.equal(name, 'load_history');
        this.asked.push(data.before);
        return this.answer(data);
      },
    };
  }

  /** A session that begins, as the server begins it. */
  begin(count) {
    this.said = count;
    this.emit('message_history', range(Math.max(1, count - 49), count));
  }

  say(number) {
    this.emit('new_message', said(number));
  }
}

const numbers = (room) => room.messages.peek().map(({ id }) => Number(id));
const assertRange = (room, from, to) => assert.deepEqual(numbers(room), range(from, to).map(({ id }) => Number(id)));

describe('a room', () => {
  let socket, room;
  beforeEach(() => {
    globalThis.sessionStorage = { getItem: () => null, setItem: () => undefined };
    socket = new Socket();
    room = new Room(socket, 'ann');
  });
  afterEach(() => delete globalThis.sessionStorage);

  it('knows nothing at first, then the history and what is said', () => {
    assert.equal(room.messages.peek(), undefined);
    socket.begin(80);
    socket.say(81);
    assertRange(room, 31, 81);
  });

  it('reads on to the beginning', async () => {
    socket.begin(300);
    for (let pages = 0; room.older.peek() === 'some'; pages++) {
      assert.ok(pages < 5);
      await room.loadOlder();
    }
    assert.equal(room.older.peek(), 'none');
    assertRange(room, 1, 300);
  });

  it('is at its beginning where nothing has been said', () => {
    socket.begin(0);
    assert.equal(room.older.peek(), 'none');
  });

  it('keeps what it has when a session begins afresh, and adds what is new', () => {
    socket.begin(80);
    socket.begin(100);
    assertRange(room, 31, 100);
    assert.deepEqual(socket.asked, []);
  });

  it('fetches what was said during a longer absence, also while more is being said', async () => {
    socket.begin(80);
    socket.begin(400);
    socket.say(401);
    await settled();
    assertRange(room, 31, 401);
  });

  it('lets go of what it had where that is too far away, or cannot be reached', async () => {
    socket.begin(80);
    socket.begin(5_000);
    socket.say(5_001);
    await settled();
    assertRange(room, numbers(room)[0], 5_001);
    assert.equal(room.older.peek(), 'some');

    socket.answer = () => Promise.reject(new Error('operation has timed out'));
    socket.begin(9_000);
    socket.say(9_001);
    await settled();
    assertRange(room, 8_951, 9_001);
    assert.equal(room.older.peek(), 'some');
  });

  it('does not put a page above messages that it does not belong to', async () => {
    socket.begin(80);
    let release;
    const { answer } = socket;
    socket.answer = (data) => new Promise((resolve) => (release = () => resolve(answer(data))));
    const loading = room.loadOlder();
    socket.answer = () => Promise.reject(new Error('operation has timed out'));
    socket.begin(9_000);
    await settled();
    release();
    await loading;
    assertRange(room, 8_951, 9_000);
    assert.equal(room.older.peek(), 'some');
  });

  it('says when a page cannot be had, and tries again with the next connection', async () => {
    socket.begin(80);
    socket.answer = () => Promise.reject(new Error('operation has timed out'));
    await room.loadOlder();
    assert.equal(room.older.peek(), 'failed');
    socket.emit('connect');
    assert.equal(room.older.peek(), 'some');
  });

  it('does not ask a server that it is not connected to', async () => {
    socket.begin(80);
    socket.connected = false;
    await room.loadOlder();
    assert.deepEqual([room.older.peek(), socket.asked], ['failed', []]);
  });

  it('waits with reading as long as the server wants', async () => {
    socket.begin(80);
    const { answer } = socket;
    socket.answer = (data) => {
      socket.answer = answer;
      return { ok: false, error: 'You are too fast.', code: 'rate_limited', retryAfterMs: 1 };
    };
    await room.loadOlder();
    assertRange(room, 1, 80);
    assert.equal(socket.asked.length, 2);
  });

  it('tells of what others say, and of nothing else', () => {
    const heard = [];
    socket.begin(80);
    const stop = room.onArrival(({ id }) => heard.push(Number(id)));
    socket.say(81);
    socket.emit('new_message', { ...said(82), username: 'ann' });
    stop();
    socket.say(83);
    assert.deepEqual(heard, [81]);
  });
});
