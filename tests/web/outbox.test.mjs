// Delivery of messages despite every kind of failure.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Outbox } from '../../web/src/chat/outbox.ts';

/** A fake server. Each entry of `answers` decides the outcome of one attempt. */
class Server {
  received = [];
  delivered = [];
  pauses = [];
  connected = true;
  saved = null;
  throttle = () => undefined;
  passed = () => undefined;
  save = (items) => (this.saved = items);
  #answers;
  #ids = 0;

  constructor(...answers) {
    this.#answers = answers;
  }

  open() {
    return new Outbox({
      send: async (text, clientId) => {
        this.received.push([text, clientId]);
        const throttled = this.throttle();
        if (throttled) return throttled;
        const answer = this.#answers.shift() ?? accept;
        return answer(this, text, clientId);
      },
      connected: () => this.connected,
      delivered: (message, clientId) => this.delivered.push([message.text, clientId]),
      pause: async (ms) => {
        this.pauses.push(ms);
        this.passed(ms);
      },
      now: () => 1_000,
      newId: () => `id ${++this.#ids}`,
      load: () => this.saved,
      save: (items) => this.save(items),
    });
  }
}

const accept = (_server, text, clientId) => ({ ok: true, message: { id: `m ${clientId}`, username: 'ann', text, timestamp: '' } });
const silence = () => Promise.reject(new Error('operation has timed out'));
const hangUp = (server) => {
  server.connected = false;
  return silence();
};
const refuse = (code, more = {}) => () => ({ ok: false, error: `No: ${code}.`, code, ...more });

/** Resolves when no more work is pending. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
const states = (outbox) => outbox.items.peek().map(({ text, state }) => [text, state]);

describe('an outbox', () => {
  it('sends messages one after another, in order', async () => {
    let release;
    const server = new Server((...args) => new Promise((resolve) => (release = () => resolve(accept(...args)))));
    const outbox = server.open();
    ['a', 'b', 'c'].forEach((text) => outbox.add(text));
    await settled();
    assert.deepEqual(states(outbox), [['a', 'sending'], ['b', 'waiting'], ['c', 'waiting']]);
    release();
    await settled();
    assert.deepEqual(server.received, [['a', 'id 1'], ['b', 'id 2'], ['c', 'id 3']]);
    assert.deepEqual(server.delivered, server.received);
    assert.deepEqual(states(outbox), []);
  });

  it('waits for a connection', async () => {
    const server = new Server();
    server.connected = false;
    const outbox = server.open();
    outbox.add('a');
    await settled();
    assert.deepEqual([states(outbox), server.received], [[['a', 'waiting']], []]);
    server.connected = true;
    await outbox.deliver();
    assert.deepEqual(server.delivered, [['a', 'id 1']]);
  });

  it('resends messages under the same id after a lost connection', async () => {
    const server = new Server(hangUp);
    const outbox = server.open();
    outbox.add('a');
    outbox.add('b');
    await settled();
    assert.deepEqual(states(outbox), [['a', 'waiting'], ['b', 'waiting']]);
    server.connected = true;
    await outbox.deliver();
    assert.deepEqual(server.received, [['a', 'id 1'], ['a', 'id 1'], ['b', 'id 2']]);
  });

  it('gives up on a server that does not answer, until the user tries again', async () => {
    const server = new Server(silence, silence);
    const outbox = server.open();
    outbox.add('a');
    await settled();
    assert.deepEqual(outbox.items.peek().map(({ state, error }) => [state, error]), [['failed', "The server didn't answer."]]);
    outbox.retry('id 1');
    await settled();
    assert.deepEqual(server.received, [['a', 'id 1'], ['a', 'id 1'], ['a', 'id 1']]);
    assert.deepEqual(states(outbox), []);
  });

  it('does not mark a message as failed that has arrived', async () => {
    const server = new Server(silence, silence);
    const outbox = server.open();
    outbox.add('a');
    outbox.saw({ id: 'm 1', username: 'ann', text: 'a', timestamp: '' });
    await settled();
    assert.deepEqual([states(outbox), server.received.length], [[], 2]);
  });

  it('waits as long as the server asks, and keeps the order', async () => {
    const server = new Server(refuse('rate_limited', { retryAfterMs: 1_234 }));
    const outbox = server.open();
    outbox.add('a');
    outbox.add('b');
    await settled();
    assert.deepEqual(server.pauses, [1_234]);
    assert.deepEqual(server.delivered.map(([text]) => text), ['a', 'b']);
  });

  it('waits a moment if the server throttles without a time, and never for hours', async () => {
    const server = new Server(refuse('rate_limited'), refuse('rate_limited', { retryAfterMs: 1e12 }));
    const outbox = server.open();
    outbox.add('a');
    await settled();
    assert.deepEqual(server.pauses, [1_000, 60_000]);
    assert.deepEqual(server.delivered.map(([text]) => text), ['a']);
  });

  it('gets two hundred offline messages past the limit, once each and in order', async () => {
    // A bucket of ten tokens, one more every second.
    const server = new Server();
    let [tokens, clock] = [10, 0];
    server.throttle = () => {
      if (tokens === 0) return { ok: false, error: 'No: rate_limited.', code: 'rate_limited', retryAfterMs: 1_000 };
      tokens -= 1;
      return undefined;
    };
    server.passed = (ms) => {
      clock += ms;
      tokens = Math.min(10, tokens + ms / 1_000);
      // The connection is lost now and then, with the messages under way.
      if (clock % 40_000 === 0) server.connected = false;
    };
    server.connected = false;
    const outbox = server.open();
    const written = Array.from({ length: 200 }, (_, index) => `number ${index + 1}`);
    for (const text of written) outbox.add(text);
    for (let connections = 0; outbox.items.peek().length > 0; connections++) {
      assert.ok(connections < 20, 'too many connections');
      server.connected = true;
      await outbox.deliver();
    }
    assert.deepEqual(server.delivered.map(([text]) => text), written);
    assert.deepEqual(server.delivered.map(([, clientId]) => clientId), written.map((_, index) => `id ${index + 1}`));
    assert.equal(server.pauses.length, 190);
  });

  it('works without browser storage', async () => {
    const server = new Server();
    server.save = () => {
      throw new Error('QuotaExceededError');
    };
    const outbox = server.open();
    outbox.add('a');
    outbox.add('b');
    await settled();
    assert.deepEqual([server.delivered.map(([text]) => text), states(outbox)], [['a', 'b'], []]);
  });

  it('shows a refused message, and continues with the next', async () => {
    const server = new Server(refuse('control_characters'));
    const outbox = server.open();
    outbox.add('a');
    outbox.add('b');
    await settled();
    assert.deepEqual(outbox.items.peek().map(({ text, error }) => [text, error]), [['a', 'No: control_characters.']]);
    assert.deepEqual(server.delivered.map(([text]) => text), ['b']);
    assert.equal(outbox.discard('id 1'), 'a');
    assert.deepEqual(states(outbox), []);
  });

  it('resumes unsent messages after a reload, but not failed ones', async () => {
    const server = new Server(refuse('empty_message'), hangUp);
    server.open().add('a');
    await settled();
    server.connected = true;
    const before = server.open();
    before.add('b');
    await settled();
    server.connected = true;
    const after = server.open();
    await after.deliver();
    assert.deepEqual(states(after), [['a', 'failed']]);
    assert.deepEqual(server.delivered.map(([text]) => text), ['b']);
  });

  it('saves nothing once it is closed, though what is under way still fails', async () => {
    const server = new Server(hangUp);
    const outbox = server.open();
    outbox.add('a');
    outbox.close();
    server.saved = null;
    await settled();
    assert.deepEqual([states(outbox), server.saved], [[['a', 'waiting']], null]);
  });

  it('ignores malformed stored data', () => {
    for (const saved of ['', '{', '7', 'null', '[7]', '[null]', '[{"text":"a"}]']) {
      const server = new Server();
      server.saved = saved;
      assert.deepEqual(states(server.open()), [], saved);
    }
  });

  it('recognises its own message in a broadcast before the acknowledgement', async () => {
    let release;
    const server = new Server((...args) => new Promise((resolve) => (release = () => resolve(accept(...args)))));
    const outbox = server.open();
    outbox.add('a');
    await settled();
    assert.equal(outbox.saw({ id: 'm 9', username: 'ann', text: 'other', timestamp: '' }), undefined);
    assert.equal(outbox.saw({ id: 'm 1', username: 'ann', text: 'a', timestamp: '' }), 'id 1');
    assert.equal(outbox.items.peek()[0].seenAs, 'm 1');
    assert.equal(outbox.saw({ id: 'm 2', username: 'ann', text: 'a', timestamp: '' }), undefined);
    release();
    await settled();
    assert.deepEqual(states(outbox), []);
  });
});
