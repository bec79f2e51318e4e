// Clients that send messages constantly, reconnect by themselves, and record what they receive.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { password } from '../worker/support/chatroom.mjs';
import { inTime } from '../worker/support/patience.mjs';
import { messagesOnDisk } from '../worker/support/on-disk.mjs';
import { post } from '../worker/support/rest.mjs';

/** Short delays, so that tests stay short. */
const reconnection = { reconnectionDelay: 20, reconnectionDelayMax: 100, randomizationFactor: 0.5 };

/** Options that make the client resend unacknowledged messages, one after another. */
const retries = { retries: Number.MAX_SAFE_INTEGER, ackTimeout: 5000 };

class Talker {
  /** The messages of each session: its initial history, and the messages after it. */
  sessions = [];
  /** The messages that the server has acknowledged. */
  acknowledged = [];
  online = [];
  #wake = () => {};

  constructor(url, { username, token, ...options }) {
    this.username = username;
    // With `missed`, only a new session gets the history, which makes sessions countable.
    this.socket = io(url, { auth: { token, wants: ['missed'] }, forceNew: true, ...reconnection, ...retries, ...options });
    this.socket.on('message_history', (messages) => this.sessions.push([...messages]));
    this.socket.on('new_message', (message) => this.sessions.at(-1).push(message));
    this.socket.on('online_users', (users) => (this.online = users));
    this.socket.on('connect_error', (error) => {
      // Unlike a transport failure, which the client retries, this is final.
      if (!this.socket.active) this.refused = error;
    });
    this.socket.onAny(() => this.#wake());
    this.socket.on('connect', () => this.#wake());
  }

  /** Sends a new message whenever the last is acknowledged, until told to stop. */
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

  /** Resolves when `condition()` is true, which is checked at every event. */
  async until(condition, complaint) {
    while (!condition()) {
      if (this.refused) throw this.refused;
      await inTime(new Promise((resolve) => (this.#wake = resolve)), () => `${this.username}: ${complaint()}`);
    }
  }
}

/** Registers a user for each of these transport settings. Resolves to the users for `Crowd.gather`. */
export function registerAll(url, settings) {
  return Promise.all(settings.map(async ({ options }, index) => {
    const username = `user${index}`;
    const { body } = await post(url, '/api/auth/register', { username, password });
    return { username, token: body.token, ...options };
  }));
}

export class Crowd {
  /** Connects users one after another: `{ username, token }` and options of socket.io-client. */
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

  /** Makes everyone talk, with `pace` milliseconds between an acknowledgement and the next message. */
  start(pace) {
    this.done = Promise.all(this.talkers.map((talker) => talker.talk(pace)));
    // `stop` reports failures; until then they must not count as unhandled.
    this.done.catch(() => {});
  }

  /** Stops new messages. Resolves when all are acknowledged. */
  async stop() {
    this.talkers.forEach((talker) => (talker.talking = false));
    await inTime(this.done, () => 'not everything is acknowledged');
  }

  /** Resolves when everyone is connected again, has another message acknowledged, and sees everyone online. */
  async recovers() {
    const names = this.talkers.map(({ username }) => username).sort().join();
    const all = Promise.all(this.talkers.map(async (talker) => {
      const before = talker.acknowledged.length;
      await talker.until(() => talker.socket.connected, () => 'does not reconnect');
      await talker.until(() => talker.online.join() === names, () => `knows of ${talker.online}`);
      await talker.until(() => talker.acknowledged.length > before, () => 'is not acknowledged');
    }));
    // A talker that fails ends the wait.
    await Promise.race([all, this.done.then(() => all)]);
  }

  /** Resolves when everyone has received the last message. */
  async hasHeardAll() {
    const last = this.talkers.flatMap(({ acknowledged }) => acknowledged).reduce((a, b) => (a.id > b.id ? a : b));
    const has = ({ sessions }) => sessions.at(-1).some(({ id }) => id === last.id);
    await Promise.all(this.talkers.map((talker) => talker.until(() => has(talker), () => 'has not heard the last message')));
  }

  /** Returns the number of sessions beyond the first of each client. */
  get freshSessions() {
    return this.talkers.reduce((sum, talker) => sum + talker.sessions.length - 1, 0);
  }

  /** Compares everyone's record with `kept`, all messages of the room in order. */
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

  /** Lets everyone finish, kills `server`, and compares the records with its database in `persistTo`. No client may have begun a new session. */
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
