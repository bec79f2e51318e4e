// The messages of a room after every kind of connection, without gaps or duplicates.
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Room } from '../../web/src/chat/room.ts';

const said = (number) => ({ id: String(number).padStart(6, '0'), username: 'ben', text: `text ${number}`, timestamp: '' });
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => said(from + index));
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A fake socket to a server with this many messages. Tests can replace `answer`. */
class Socket extends EventEmitter {
  connected = true;
  asked = [];
  deleted = new Set();

  answer = ({ before, limit }) => {
    const end = Number(before) - 1;
    return { ok: true, messages: this.range(Math.max(1, end - limit + 1), end), hasMore: end > limit };
  };

  /** How a `send_message` is acknowledged. */
  acknowledge = () => assert.fail('nothing is sent');

  timeout() {
    return {
      emitWithAck: async (name, data) => {
        if (name === 'send_message') return this.acknowledge(data);
        assert.equal(name, 'load_history');
        this.asked.push(data.before);
        return this.answer(data);
      },
    };
  }

  /** Begins a session as the server does. */
  begin(count) {
    this.emit('message_history', this.range(Math.max(1, count - 49), count));
  }

  /** The messages from one number to another that the server still has. */
  range(from, to) {
    return range(from, to).filter(({ id }) => !this.deleted.has(id));
  }

  /** Deletes a message, and tells the client unless it is not connected. */
  delete(number, { told = true } = {}) {
    const { id } = said(number);
    this.deleted.add(id);
    if (told) this.emit('message_deleted', { id });
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

  it('is empty at first, then has the history and new messages', () => {
    assert.equal(room.messages.peek(), undefined);
    socket.begin(80);
    socket.say(81);
    assertRange(room, 31, 81);
  });

  it('loads pages up to the beginning', async () => {
    socket.begin(300);
    for (let pages = 0; room.older.peek() === 'some'; pages++) {
      assert.ok(pages < 5);
      await room.loadOlder();
    }
    assert.equal(room.older.peek(), 'none');
    assertRange(room, 1, 300);
  });

  it('is at its beginning if it has no messages', () => {
    socket.begin(0);
    assert.equal(room.older.peek(), 'none');
  });

  it('keeps its messages when a new session begins, and adds new ones', () => {
    socket.begin(80);
    socket.begin(100);
    assertRange(room, 31, 100);
    assert.deepEqual(socket.asked, []);
  });

  it('loads messages missed during a longer absence, while more arrive', async () => {
    socket.begin(80);
    socket.begin(400);
    socket.say(401);
    await settled();
    assertRange(room, 31, 401);
  });

  it('drops its messages if they are too far away or the gap cannot be loaded', async () => {
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

  it('does not put a page above messages it does not belong to', async () => {
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

  it('says when a page cannot be loaded, and retries on the next connection', async () => {
    socket.begin(80);
    socket.answer = () => Promise.reject(new Error('operation has timed out'));
    await room.loadOlder();
    assert.equal(room.older.peek(), 'failed');
    socket.emit('connect');
    assert.equal(room.older.peek(), 'some');
  });

  it('does not request pages while disconnected', async () => {
    socket.begin(80);
    socket.connected = false;
    await room.loadOlder();
    assert.deepEqual([room.older.peek(), socket.asked], ['failed', []]);
  });

  it('waits before loading as long as the server asks', async () => {
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

  it('announces messages from others only', () => {
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

describe('a deleted message', () => {
  let socket, room;
  beforeEach(() => {
    globalThis.sessionStorage = { getItem: () => null, setItem: () => undefined };
    socket = new Socket();
    room = new Room(socket, 'ann');
  });
  afterEach(() => delete globalThis.sessionStorage);

  const without = (from, to, ...deleted) => range(from, to).map(({ id }) => Number(id)).filter((number) => !deleted.includes(number));

  it('disappears, wherever it stands', async () => {
    socket.begin(200);
    await room.loadOlder();
    socket.say(201);
    for (const number of [201, 190, 70]) socket.delete(number);
    assert.deepEqual(numbers(room), without(51, 201, 201, 190, 70));
    const before = room.messages.peek();
    socket.delete(190);
    socket.delete(7);
    assert.equal(room.messages.peek(), before);
  });

  it('is not brought back by a page that was already on its way', async () => {
    socket.begin(80);
    let release;
    const { answer } = socket;
    socket.answer = (data) => {
      const page = answer(data);
      return new Promise((resolve) => (release = () => resolve(page)));
    };
    const loading = room.loadOlder();
    await settled();
    socket.delete(20);
    release();
    await loading;
    assert.deepEqual(numbers(room), without(1, 80, 20));
  });

  it('is not brought back by a gap that is being filled', async () => {
    socket.begin(80);
    const { answer } = socket;
    socket.answer = async (data) => {
      const page = answer(data);
      if (socket.asked.length === 2) [390, 300, 200].forEach((number) => socket.delete(number));
      return page;
    };
    socket.begin(400);
    await settled();
    assert.equal(socket.asked.length > 2, true);
    assert.deepEqual(numbers(room), without(31, 400, 390, 300, 200));
  });

  it('does not keep the page above it from being added', async () => {
    socket.begin(80);
    const { answer } = socket;
    socket.answer = async (data) => {
      socket.delete(31);
      return answer(data);
    };
    await room.loadOlder();
    assert.deepEqual(numbers(room), without(1, 80, 31));
    assert.equal(room.older.peek(), 'none');
  });

  it('leaves older ones to be loaded when it was the last in the list', async () => {
    socket.begin(80);
    for (let number = 31; number <= 80; number++) socket.delete(number);
    assert.deepEqual(numbers(room), []);
    socket.answer = ({ before }) => {
      assert.equal(before, undefined);
      return { ok: true, messages: range(1, 30), hasMore: false };
    };
    await room.loadOlder();
    assertRange(room, 1, 30);
  });

  it('disappears when the connection comes back, if it was deleted meanwhile', () => {
    socket.begin(80);
    socket.delete(75, { told: false });
    socket.begin(100);
    assert.deepEqual(numbers(room), without(31, 100, 75));
    socket.emit('message_history', []);
    assert.deepEqual([numbers(room), room.older.peek()], [[], 'none']);
  });

  it('is not brought back by its acknowledgement', async () => {
    socket.begin(80);
    const id = said(81).id;
    const own = (text) => ({ id, username: 'ann', text, timestamp: '' });
    socket.acknowledge = ({ text }) => {
      socket.emit('new_message', own(text));
      socket.delete(81);
      return { ok: true, message: own(text) };
    };
    room.outbox.add('hello');
    await settled();
    assert.deepEqual([numbers(room).at(-1), room.outbox.items.peek()], [80, []]);

    // The page was reloaded in between, and does not know that this one was deleted.
    socket.acknowledge = () => ({ ok: true, message: own('') });
    room.outbox.add('hello again');
    await settled();
    assert.deepEqual([numbers(room).at(-1), room.outbox.items.peek()], [80, []]);
  });

  it('is told to those who listen', () => {
    const heard = [];
    socket.begin(80);
    const stop = room.onDeletion((id) => heard.push(Number(id)));
    socket.delete(80);
    stop();
    socket.delete(79);
    assert.deepEqual(heard, [80]);
  });
});
