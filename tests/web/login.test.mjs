// Logins that are kept alive by several tabs at once.
import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { ApiError } from '../../web/src/login/api.ts';
import { LoginKeeper } from '../../web/src/login/login.ts';

const lifetimeMs = 600_000;

/** A server that does with refresh tokens what the real one does: each is good once, and a spent one ends the login. */
class Server {
  exchanges = 0;
  reachable = true;
  #good;
  #issued = 0;

  #pair(username) {
    this.#issued += 1;
    this.#good = `refresh ${this.#issued}`;
    return {
      username,
      token: `token ${this.#issued}`,
      refreshToken: this.#good,
      expiresAt: new Date(Date.now() + lifetimeMs).toISOString(),
    };
  }

  async logIn(username) {
    return this.#pair(username);
  }

  async refresh(refreshToken) {
    await null;
    if (!this.reachable) throw new ApiError('unreachable', 'unreachable', 0);
    this.exchanges += 1;
    if (refreshToken !== this.#good) {
      this.#good = undefined;
      throw new ApiError('ended', 'token_revoked', 401);
    }
    return this.#pair('ann');
  }

  async changePassword() {
    return this.#pair('ann');
  }

  async logOut(refreshToken) {
    if (refreshToken === this.#good) this.#good = undefined;
  }

  /** Requests are accepted with the newest token alone. */
  async fetch(_path, token) {
    return new Response(null, { status: token === `token ${this.#issued}` && this.#good ? 200 : 401 });
  }
}

/**
 * A browser whose tabs share a storage and a lock. What one tab stores, the others are told when `tell` is called. With `isLate`
 * their copies of the storage get it no sooner than they wait for it, though the lock may be theirs before.
 */
class Browser {
  isLate = false;
  #stored = new Map();
  #spent = new Set();
  #queue = Promise.resolve();
  #tabs = [];

  constructor(server) {
    this.server = server;
  }

  open() {
    let copy = new Map(this.#stored);
    const update = () => (copy = new Map(this.#stored));
    const tab = new LoginKeeper(this.server, {
      storage: {
        getItem: (key) => (this.isLate ? copy : this.#stored).get(key) ?? null,
        setItem: (key, value) => [this.#stored, copy].forEach((map) => map.set(key, value)),
        removeItem: (key) => [this.#stored, copy].forEach((map) => map.delete(key)),
      },
      exclusively: (work) => {
        const turn = this.#queue.then(work);
        this.#queue = turn.catch(() => undefined);
        return turn;
      },
      markSpent: async (refreshToken) => void this.#spent.add(refreshToken),
      isSpent: async (refreshToken) => this.#spent.has(refreshToken),
      storageChange: async () => update(),
      now: () => Date.now(),
    });
    this.#tabs.push(tab);
    return tab;
  }

  spend(refreshToken) {
    this.#spent.add(refreshToken);
  }

  tell() {
    this.#tabs.forEach((tab) => tab.adoptStored());
  }
}

/** Timers and dates are the test's; they do not keep the process alive. */
function withClock(t) {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.UTC(2026, 0, 1) });
  t.after(() => mock.timers.reset());
  return async (ms) => {
    // Step by step, since a timer may set the next.
    for (let passed = 0; passed < ms; passed += 5_000) {
      mock.timers.tick(5_000);
      await settled();
    }
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a login', () => {
  it('outlives the page', async (t) => {
    withClock(t);
    const browser = new Browser(new Server());
    const tab = browser.open();
    assert.equal(tab.current.peek(), undefined);
    await tab.logIn('ann', 'password');
    assert.equal(browser.open().current.peek().username, 'ann');
  });

  it('is renewed before its token expires, once for all tabs', async (t) => {
    const pass = withClock(t);
    const server = new Server();
    const browser = new Browser(server);
    const tabs = [browser.open()];
    await tabs[0].logIn('ann', 'password');
    tabs.push(browser.open(), browser.open());
    await pass(lifetimeMs * 0.7);
    assert.equal(server.exchanges, 0);
    await pass(lifetimeMs * 0.2);
    browser.tell();
    assert.equal(server.exchanges, 1);
    assert.deepEqual(tabs.map((tab) => tab.current.peek().token), ['token 2', 'token 2', 'token 2']);
  });

  it('survives that all tabs renew it in the same moment', async (t) => {
    withClock(t);
    const server = new Server();
    const browser = new Browser(server);
    const first = browser.open();
    await first.logIn('ann', 'password');
    const tabs = [first, ...Array.from({ length: 9 }, () => browser.open())];
    const renewed = await Promise.all(tabs.map((tab) => tab.renew(tab.current.peek())));
    assert.equal(server.exchanges, 1);
    assert.deepEqual(new Set(renewed.map(({ token }) => token)), new Set(['token 2']));
  });

  it('survives that a tab gets the lock before it gets what the one before it has stored', async (t) => {
    withClock(t);
    const server = new Server();
    const browser = new Browser(server);
    const first = browser.open();
    await first.logIn('ann', 'password');
    const tabs = [first, browser.open(), browser.open()];
    browser.isLate = true;
    const renewed = await Promise.all(tabs.map((tab) => tab.renew(tab.current.peek())));
    assert.equal(server.exchanges, 1);
    assert.deepEqual(new Set(renewed.map(({ token }) => token)), new Set(['token 2']));
  });

  it('is renewed all the same where what is said to be stored never comes', async (t) => {
    withClock(t);
    const server = new Server();
    const browser = new Browser(server);
    const tab = browser.open();
    await tab.logIn('ann', 'password');
    const spent = tab.current.peek();
    browser.spend(spent.refreshToken);
    assert.equal((await tab.renew(spent)).token, 'token 2');
  });

  it('is not over because the server cannot be reached, and goes on when it can', async (t) => {
    const pass = withClock(t);
    const server = new Server();
    const tab = new Browser(server).open();
    await tab.logIn('ann', 'password');
    server.reachable = false;
    await pass(lifetimeMs);
    assert.equal(tab.current.peek().token, 'token 1');
    server.reachable = true;
    await pass(20_000);
    assert.equal(tab.current.peek().token, 'token 2');
  });

  it('that the server has ended is over, and says so', async (t) => {
    withClock(t);
    const server = new Server();
    const tab = new Browser(server).open();
    await tab.logIn('ann', 'password');
    await server.logOut(tab.current.peek().refreshToken);
    assert.equal(await tab.renew(tab.current.peek()), undefined);
    assert.equal(tab.current.peek(), undefined);
    assert.equal(tab.ending.peek(), 'refused');
  });

  it('ends in all tabs when it ends in one', async (t) => {
    withClock(t);
    const server = new Server();
    const browser = new Browser(server);
    const tab = browser.open();
    await tab.logIn('ann', 'password');
    const other = browser.open();
    await tab.logOut();
    browser.tell();
    assert.deepEqual([tab.current.peek(), other.current.peek()], [undefined, undefined]);
    assert.deepEqual([tab.ending.peek(), other.ending.peek()], ['here', 'elsewhere']);
    await tab.logIn('ann', 'password');
    browser.tell();
    assert.deepEqual([tab.ending.peek(), other.ending.peek()], [undefined, undefined]);
  });

  it('goes on after a change of the password, in all tabs', async (t) => {
    withClock(t);
    const server = new Server();
    const browser = new Browser(server);
    const tab = browser.open();
    await tab.logIn('ann', 'password');
    const other = browser.open();
    const stale = other.current.peek();
    await Promise.all([tab.changePassword('password', 'another'), other.renew(stale)]);
    browser.tell();
    assert.equal(tab.current.peek().token, other.current.peek().token);
    assert.equal((await other.fetch('/api/auth/me')).status, 200);
  });

  it('makes requests with the next token where the one it has is over', async (t) => {
    withClock(t);
    const server = new Server();
    const browser = new Browser(server);
    const tab = browser.open();
    await tab.logIn('ann', 'password');
    const other = browser.open();
    await other.renew(other.current.peek());
    assert.equal((await tab.fetch('/api/auth/me')).status, 200);
    assert.equal(server.exchanges, 1);
  });

  it('does not choke on what somebody else has stored', () => {
    for (const stored of ['', '{', '7', 'null', '{"username":"ann"}', '{"username":1,"token":2,"refreshToken":3,"renewAt":4}']) {
      const around = { storage: { getItem: () => stored }, exclusively: (work) => work(), now: () => Date.now() };
      assert.equal(new LoginKeeper(new Server(), around).current.peek(), undefined, stored);
    }
  });
});
