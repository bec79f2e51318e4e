// Clients that talk all the time, reconnect by themselves, and keep a record of what they were told.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { password } from '../worker/support/chatroom.mjs';
import { inTime } from '../worker/support/patience.mjs';
import { messagesOnDisk } from '../worker/support/on-disk.mjs';
import { post } from '../worker/support/rest.mjs';

/** As quick as it gets, so that a test is over before long. */
const reconnection = { reconnectionDelay: 20, reconnectionDelayMax: 100, randomizationFactor: 0.5 };

/** The standard client sends again what is not acknowledged in time, one message after the other. */
const retries = { retries: Number.MAX_SAFE_INTEGER, ackTimeout: 5000 };

class Talker {
  /** What a session was told, a list of messages for each: the history that it began with, and what came after. */
  sessions = [];
  /** The messages that the server has acknowledged. */
  acknowledged = [];
  online = [];
  #wake = () => {};

  constructor(url, { username, token, ...options }) {
    this.username = username;
    // With `missed` the history comes with a fresh session only, which is how they are counted.
    this.socket = io(url, { auth: { token, wants: ['missed'] }, forceNew: true, ...reconnection, ...retries, ...options });
    this.socket.on('message_history', (messages) => this.sessions.push([...messages]));
    this.socket.on('new_message', (message) => this.sessions.at(-1).push(message));
    this.socket.on('online_users', (users) => (this.online = users));
    this.socket.on('connect_error', (error) => {
      // Unlike a transport that fails, which the client tries again, this is final.
      if (!this.socket.active) this.refused = error;
    });
    this.socket.onAny(() => this.#wake());
    this.socket.on('connect', () => this.#wake());
  }

  /** Sends messages until told to stop, a new one whenever the last is acknowledged. */
  async talk(pace) {
    this.talking = true;
    while (this.talking) {
      const text = `${this.username} says ${this.acknowledged.length}`;
      const answer = await this.#send({ text, clientId: text });
      assert.equal(answer.ok, true, JSON.stringify(answer));
      assert.equal(answer.message.text, text);
      this.acknowledged.push(answer.message);
      await pause(pace);
    }
  }

  #send(message) {
    return new Promise((resolve, reject) => {
      this.socket.emit('send_message', message, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  }

  /** Resolves when `condition()` is true, looking at it with every event. */
  async until(condition, complaint) {
    while (!condition()) {
      if (this.refused) throw this.refused;
      await inTime(new Promise((resolve) => (this.#wake = resolve)), () => `${this.username}: ${complaint()}`);
    }
  }
}

/** Registers a user for each of these transport settings; resolves to what `Crowd.gather` takes. */
export function registerAll(url, settings) {
  return Promise.all(settings.map(async ({ options }, index) => {
    const username = `user${index}`;
    const { body } = await post(url, '/api/auth/register', { username, password });
    return { username, token: body.token, ...options };
  }));
}

export class Crowd {
  /** `users` are `{ username, token }` and options of socket.io-client. They connect one after the other. */
  static async gather(url, users) {
    const crowd = new Crowd();
    crowd.talkers = [];
    for (const user of users) {
      const talker = new Talker(url, user);
      crowd.talkers.push(talker);
      await talker.until(() => talker.sessions.length === 1 && talker.online.length > 0, () => 'does not get in');
      const { engine } = talker.socket.io;
      if (!user.transports && engine.transport.name !== 'websocket') {
        await inTime(new Promise((resolve) => engine.once('upgrade', resolve)), () => 'no upgrade');
      }
    }
    return crowd;
  }

  /** Everyone talks; `pace` is the time between an acknowledgement and the next message, in milliseconds. */
  start(pace) {
    this.done = Promise.all(this.talkers.map((talker) => talker.talk(pace)));
    // Whoever waits for it hears of a failure; until then it is nobody's.
    this.done.catch(() => {});
  }

  /** Nobody begins a new message; resolves when all are acknowledged. */
  async stop() {
    this.talkers.forEach((talker) => (talker.talking = false));
    await inTime(this.done, () => 'not everything is acknowledged');
  }

  /** Resolves when everyone is connected again, has had another message acknowledged, and knows who is online. */
  async recovers() {
    const names = this.talkers.map(({ username }) => username).sort().join();
    const all = Promise.all(this.talkers.map(async (talker) => {
      const before = talker.acknowledged.length;
      await talker.until(() => talker.socket.connected, () => 'does not reconnect');
      await talker.until(() => talker.online.join() === names, () => `knows of ${talker.online}`);
      await talker.until(() => talker.acknowledged.length > before, () => 'is not acknowledged');
    }));
    // Whoever fails while talking ends it.
    await Promise.race([all, this.done.then(() => all)]);
  }

  /** Resolves when everyone has been told what the last one said. */
  async hasHeardAll() {
    const last = this.talkers.flatMap(({ acknowledged }) => acknowledged).reduce((a, b) => (a.id > b.id ? a : b));
    const has = ({ sessions }) => sessions.at(-1).some(({ id }) => id === last.id);
    await Promise.all(this.talkers.map((talker) => talker.until(() => has(talker), () => 'has not heard the last message')));
  }

  /** How many sessions began afresh, beyond the first of each. */
  get freshSessions() {
    return this.talkers.reduce((sum, talker) => sum + talker.sessions.length - 1, 0);
  }

  /** Compares what everyone was told with `kept`, all messages of the room in order. */
  check(kept) {
    const places = new Map(kept.map((message, place) => [message.id, place]));
    assert.equal(new Set(kept.map(({ text }) => text)).size, kept.length, 'no message is kept twice');
    for (const { username, acknowledged, sessions } of this.talkers) {
      for (const message of acknowledged) {
        assert.equal(kept[places.get(message.id)]?.text, message.text, `${username}: acknowledged, and not kept`);
      }
      for (const session of sessions.filter((messages) => messages.length > 0)) {
        const first = places.get(session[0].id);
        const expected = kept.slice(first, first + session.length).map(({ id }) => id);
        assert.deepEqual(session.map(({ id }) => id), expected, `${username} missed some, or got some twice or in another order`);
      }
      assert.equal(sessions.at(-1).at(-1).id, kept.at(-1).id, `${username} has got everything in the end`);
    }
  }

  /** Lets everyone finish, kills `server`, and compares with what it has left in `persistTo`. Nobody may have begun afresh. */
  async end(t, server, persistTo) {
    await this.stop();
    await this.hasHeardAll();
    this.leave();
    await server.kill();

    const kept = messagesOnDisk(persistTo);
    t.diagnostic(`${kept.length} messages; ${this.freshSessions} sessions began afresh`);
    this.check(kept);
    assert.equal(this.freshSessions, 0, 'every session was recovered');
  }

  leave() {
    this.talkers.forEach(({ socket }) => socket.disconnect());
  }
}
