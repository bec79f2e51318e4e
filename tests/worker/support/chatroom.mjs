// A server with its users and their clients, for a test or a suite.
import assert from 'node:assert/strict';
import { afterwards } from './cleanup.mjs';
import { Client } from './client.mjs';
import { startNatter } from './natter.mjs';
import { post } from './rest.mjs';

export const password = 'correct horse battery staple';

/** Settings that lift the limits, because all clients of a test share one address. */
export const unlimited = {
  LOGIN_ATTEMPTS: '100000',
  LOGIN_ATTEMPTS_PER_ADDRESS: '100000',
  LOGIN_ATTEMPTS_PER_ACCOUNT: '100000',
  REGISTRATIONS_PER_HOUR: '100000',
  MESSAGES_PER_MINUTE: '60000',
  HISTORY_LOADS_PER_MINUTE: '60000',
  CALLS_PER_MINUTE: '60000',
  CANDIDATES_PER_MINUTE: '60000',
  CONNECTS_PER_MINUTE: '60000',
  SOCKETS_PER_USER: '10000',
  CONNECTIONS_PER_ADDRESS: '32000',
};

/** A line that workerd logs when a timer or a forced eviction overtakes an alarm. The room misses nothing, because it reads its clock on waking. */
const overtakenAlarm = /SQLite alarm handler canceled/;

/**
 * Starts a server with the options of `startNatter`, and with `unlimited` unless its `vars` say otherwise. It is closed after the
 * test or suite. That fails if the server has logged anything, unless `expectLog`.
 */
export async function openChatroom({ expectLog = false, vars, ...options } = {}) {
  const log = [];
  const natter = await startNatter({
    log: (line) => overtakenAlarm.test(line) || log.push(line),
    ...options,
    vars: { ...unlimited, ...vars },
  });
  const room = new Chatroom(natter, log, expectLog);
  afterwards(() => room.close());
  return room;
}

class Chatroom {
  #clients = [];
  #closed = false;
  #expectLog;
  #tokens = new Map();

  constructor(natter, log, expectLog) {
    this.#expectLog = expectLog;
    this.natter = natter;
    this.url = natter.url;
    /** The lines that the server has logged. A healthy server logs none. */
    this.log = log;
  }

  /** Resolves to a token of the user, who is registered on first use. */
  token(username) {
    if (!this.#tokens.has(username)) this.#tokens.set(username, this.#register(username));
    return this.#tokens.get(username);
  }

  async #register(username) {
    const { status, body } = await post(this.url, '/api/auth/register', { username, password });
    assert.equal(status, 201, JSON.stringify(body));
    return body.token;
  }

  /** Begins to connect a client, which is closed with the room. `options` are those of socket.io-client, and `token`. */
  client(options) {
    const client = new Client(this.url, options);
    this.#clients.push(client);
    return client;
  }

  /** Connects a client of the user. Resolves once it has its history and its first list of users. */
  async join(username, options) {
    const client = this.client({ token: await this.token(username), ...options });
    await client.next('connect');
    await client.next('message_history');
    await client.next('online_users');
    return client;
  }

  /** Joins several users at once. */
  joinAll(usernames, options) {
    return Promise.all(usernames.map((username) => this.join(username, options)));
  }

  /** Sends a message and waits until `clients` have it, and with it everything sent before. Resolves to the message. */
  async fence(speaker, clients = [speaker]) {
    const text = `fence ${crypto.randomUUID()}`;
    const { message } = await speaker.ask('send_message', { text });
    await Promise.all(clients.map((client) => client.until(
      () => client.all('new_message').some(({ id }) => id === message.id),
      'new_message for everyone',
    )));
    return message;
  }

  /** Disconnects the clients and stops the server. */
  async close() {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#clients.map((client) => client.leave()));
    await this.natter.stop();
    assert.deepEqual(this.#clients.flatMap(({ falseOffsets }) => falseOffsets), [], 'events end in strings that are no offsets');
    if (!this.#expectLog) assert.deepEqual(this.log, [], 'the server logged errors');
  }
}
