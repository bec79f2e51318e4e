// The stage for the rows of the table: requests, users and clients of either server, and facts about its answers that do not
// depend on the run.
import { randomBytes } from 'node:crypto';
import { Client } from '../support/client.mjs';
import { post, request } from '../support/rest.mjs';
import { claims, sign } from '../support/tokens.mjs';

/** The origin of the frontend, on both servers. */
export const frontend = 'http://localhost:5173';
export const password = 'correct horse battery staple';

/** The fields of each event that frontends of the original server know. They do not see Natter's additions. */
const fields = {
  new_message: ['id', 'username', 'text', 'timestamp'],
  incoming_call: ['from', 'offer'],
  call_answered: ['from', 'answer'],
  ice_candidate: ['from', 'candidate'],
  call_ended: ['from'],
  exception: ['event', 'code'],
};

/** The users and clients of one row. Names carry a tag, because a server may keep the users of other rows and runs. */
export class Stage {
  #clients = [];
  #secret;
  #tag = randomBytes(4).toString('hex');

  /** A known `secret`, the server's JWT_SECRET, saves the registration of users who only chat and call. */
  constructor({ url, secret }) {
    this.url = url;
    this.#secret = secret;
  }

  /** Makes a name unique; `plain` shortens it again. */
  name(name) {
    return `${name}-${this.#tag}`;
  }

  // Frontends concatenate URLs, so two slashes stay two slashes.
  get(path, init) {
    return request(this.url, this.url + path, init);
  }

  post(path, body, headers) {
    return post(this.url, this.url + path, body, headers);
  }

  register(username, secret = password) {
    return this.post('/api/auth/register', { username, password: secret });
  }

  logIn(username, secret = password) {
    return this.post('/api/auth/login', { username, password: secret });
  }

  /** Resolves to a token of a new user. */
  async token(name) {
    const username = this.name(name);
    return this.#secret ? sign(this.#secret, claims(username)) : (await this.register(username)).body.token;
  }

  /** Begins to connect a client of a new user, over WebSocket unless the options of socket.io-client say otherwise. */
  async client(name, options) {
    return this.clientWith(await this.token(name), options);
  }

  /** Begins to connect a client with this token. */
  clientWith(token, options) {
    const client = new Client(this.url, { token, transports: ['websocket'], ...options });
    client.token = token;
    this.#clients.push(client);
    return client;
  }

  /** Connects clients of new users. Resolves once each has seen all of them online. */
  async join(...names) {
    const clients = await Promise.all(names.map((name) => this.client(name)));
    await Promise.all(clients.map((client) => client.until(
      () => client.all('message_history').length > 0 && this.online(client)?.length === names.length,
      'list of all of them',
    )));
    return clients;
  }

  /** Returns the client's last list of users, reduced to this row's and sorted. */
  online(client) {
    const list = client.all('online_users').at(-1);
    return list && this.#own(list).sort();
  }

  /** Returns the client's lists of users after its first `skip` events, without repetitions. */
  lists(client, skip = 0) {
    const heard = client.events.map(({ name, args }) => (name === 'online_users' ? this.#own(args[0]).sort() : undefined));
    let last;
    const changed = heard.map((list) => {
      const before = last;
      last = list ?? last;
      return list && String(list) !== String(before) ? list : undefined;
    });
    return this.plain(changed.slice(skip).filter(Boolean));
  }

  #own(list) {
    return list.filter((name) => name.includes(this.#tag));
  }

  /**
   * Runs `act`, and waits until all clients have received its effects. Returns the name and first argument of each of their events.
   * Lists of users are left out; exceptions, which only Natter sends, come last.
   */
  async heard(clients, act) {
    const before = clients.map((client) => client.events.length);
    await act();
    await this.settle(clients);
    return clients.map((client, index) => this.#facts(client.events.slice(before[index])));
  }

  /** Waits until every client has received a message from every other, and with it everything sent before. */
  async settle(clients) {
    const fences = clients.map(() => `fence ${randomBytes(8).toString('hex')}`);
    clients.forEach((client, index) => client.socket.emit('send_message', { text: fences[index] }));
    await Promise.all(clients.map((client) => client.until(() => {
      const texts = client.all('new_message').map(({ text }) => text);
      return fences.every((fence) => texts.includes(fence));
    }, 'message from everyone')));
  }

  #facts(events) {
    const own = events.filter(({ name, args }) => name !== 'online_users' && !(name === 'new_message' && /^fence /.test(args[0].text)));
    const last = ({ name }) => name === 'exception';
    return [...own.filter((event) => !last(event)), ...own.filter(last)]
      .map(({ name, args }) => [name, ...(args.length > 0 ? [this.fact(name, args[0])] : [])]);
  }

  /** Returns the fields of an event that frontends use. */
  fact(name, payload) {
    if (!(name in fields)) return this.plain(payload);
    const known = Object.fromEntries(Object.entries(payload).filter(([field]) => fields[name].includes(field)));
    if (name === 'new_message') {
      known.id = typeof known.id;
      known.timestamp = isTime(known.timestamp) ? 'ISO 8601' : known.timestamp;
    }
    return this.plain(known);
  }

  /** Returns the value with its names as the row wrote them. */
  plain(value) {
    return value === undefined ? undefined : JSON.parse(JSON.stringify(value).replaceAll(`-${this.#tag}`, ''));
  }

  async close() {
    await Promise.allSettled(this.#clients.map((client) => client.leave()));
  }
}

function isTime(text) {
  return typeof text === 'string' && new Date(text).toISOString() === text;
}

/** Reads the answer to a login or registration as a frontend does: its fields on success, otherwise status and sentence. */
export function account({ status, body }) {
  if (status >= 400) return failure({ status, body });
  const { username, token, message } = body;
  return { status, username, token: typeof token, message: sentence(message) };
}

/** Reads a failure as a frontend does: an error is a sentence to show, if there is one. */
export function failure({ status, body }) {
  return body?.error === undefined ? { status } : { status, error: sentence(body.error) };
}

function sentence(text) {
  return typeof text === 'string' && text.includes(' ') ? 'a sentence' : text;
}

/** Returns the words in an error from which a form tells which field is wrong. */
export function named({ body }) {
  return ['username', 'email'].filter((word) => body.error.toLowerCase().includes(word));
}

/** Returns the headers for other origins as a browser reads them. */
export function cors({ status, headers }) {
  return {
    status,
    origin: headers.get('access-control-allow-origin'),
    credentials: headers.get('access-control-allow-credentials'),
    varies: /\borigin\b/i.test(headers.get('vary')),
  };
}

/** Decodes the claims of a token without checking it. */
export function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
}
