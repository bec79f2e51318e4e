// Who is logged in here. A login is shared by all tabs of the browser: it stands in localStorage, and since a refresh token is
// good for one use, and a second use would end the login, no two tabs may exchange it at once: a Web Lock sees to that.
import { type ReadonlySignal, signal } from '@preact/signals';
import { type Api, ApiError, type TokenPair } from './api.ts';

/** A login, as it is kept. */
export interface Login {
  username: string;
  token: string;
  refreshToken: string;
  /** When to get the next pair, in milliseconds since 1970, by the clock of this machine. */
  renewAt: number;
}

/** How a login ended: in this tab, in another one, or because the server refused to renew it. */
export type Ending = 'here' | 'elsewhere' | 'refused';

/** What a login keeper needs of the browser. */
export interface Surroundings {
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** Runs `work` while nobody else with the same lock does. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** Lets every tab know, before it gets the lock, that a refresh token is spent: what is stored may reach it later than the lock. */
  markSpent(refreshToken: string): Promise<void>;
  isSpent(refreshToken: string): Promise<boolean>;
  /** Resolves when something of another tab's has been stored, or after a short while. */
  storageChange(): Promise<void>;
  now(): number;
}

const key = 'natter.session';
/** This share of its life a token is used before it is renewed. */
const usedShare = 0.75;
const shortestUseMs = 20_000;
const retryMs = 10_000;
/** How often a tab that knows of a newer login waits for the storage to show it. */
const storageWaits = 20;
/** Timers cannot wait longer than 24 days; and a machine that slept should notice soon that the time has come. */
const longestTimerMs = 60_000;

/** Keeps a login alive, and tells everyone who has to know. */
export class LoginKeeper {
  readonly #api: Api;
  readonly #around: Surroundings;
  readonly #current = signal<Login | undefined>(undefined);
  readonly #ending = signal<Ending | undefined>(undefined);
  #renewal: Promise<Login | undefined> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(api: Api, around: Surroundings) {
    this.#api = api;
    this.#around = around;
    this.adoptStored();
  }

  /** The login there is. Its tokens change from time to time. */
  get current(): ReadonlySignal<Login | undefined> {
    return this.#current;
  }

  /** How the last login ended; undefined during a login, and before the first. */
  get ending(): ReadonlySignal<Ending | undefined> {
    return this.#ending;
  }

  async register(username: string, password: string): Promise<void> {
    this.#keep(await this.#api.register(username, password));
  }

  async logIn(username: string, password: string): Promise<void> {
    this.#keep(await this.#api.logIn(username, password));
  }

  /** Ends the login on the server as well, where that can be reached. */
  async logOut(): Promise<void> {
    const refreshToken = await this.#around.exclusively(async () => {
      const login = this.#stored();
      this.#end('here');
      return login?.refreshToken;
    });
    if (refreshToken !== undefined) await this.#api.logOut(refreshToken).catch(() => undefined);
  }

  /** Changes the password. All other logins of the user end. Rejects with an `ApiError`. */
  async changePassword(currentPassword: string, newPassword: string): Promise<void> {
    await this.#around.exclusively(async () => {
      const login = this.#stored();
      if (!login) throw new ApiError("You're no longer logged in.", 'token_missing', 401);
      this.#keep(await this.#api.changePassword(login.token, currentPassword, newPassword));
      await this.#around.markSpent(login.refreshToken);
    });
  }

  /**
   * Takes over what another tab has stored, or the next pair where it is due. To be called when the storage changes and when the
   * page comes to the fore.
   */
  adoptStored(): void {
    const before = this.#current.peek();
    const stored = this.#stored();
    if (before && !stored) this.#ending.value = 'elsewhere';
    if (stored?.token !== before?.token) this.#become(stored);
    else this.#schedule();
  }

  /**
   * A login with another token than `stale`, from another tab or from the server. Resolves to undefined where the login is
   * over. Rejects with an `ApiError` where the server cannot be asked; the login stays.
   */
  renew(stale: Login): Promise<Login | undefined> {
    this.#renewal ??= this.#around.exclusively(() => this.#exchange(stale)).finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  /** A request as the user who is logged in. Where the token turns out to be over, it is tried again with the next. */
  async fetch(path: string, init?: RequestInit): Promise<Response> {
    const login = this.#current.peek();
    if (!login) throw new ApiError("You're not logged in.", 'token_missing', 401);
    const response = await this.#api.fetch(path, login.token, init);
    if (response.status !== 401) return response;
    const next = await this.renew(login);
    return next ? this.#api.fetch(path, next.token, init) : response;
  }

  async #exchange(stale: Login): Promise<Login | undefined> {
    let stored = this.#stored();
    for (let waits = 0; stored?.token === stale.token && waits < storageWaits; waits++) {
      if (!(await this.#around.isSpent(stored.refreshToken))) break;
      await this.#around.storageChange();
      stored = this.#stored();
    }
    if (!stored || stored.token !== stale.token) {
      this.adoptStored();
      return stored;
    }
    try {
      const next = this.#keep(await this.#api.refresh(stored.refreshToken));
      await this.#around.markSpent(stored.refreshToken);
      return next;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      this.#end('refused');
      return undefined;
    }
  }

  #stored(): Login | undefined {
    try {
      const login = JSON.parse(this.#around.storage.getItem(key) ?? 'null') as Partial<Login> | null;
      const whole = typeof login?.username === 'string' && typeof login.token === 'string'
        && typeof login.refreshToken === 'string' && typeof login.renewAt === 'number';
      return whole ? (login as Login) : undefined;
    } catch {
      return undefined;
    }
  }

  #keep({ username, token, refreshToken, expiresAt }: TokenPair): Login {
    const now = this.#around.now();
    const renewAt = now + Math.max(shortestUseMs, (Date.parse(expiresAt) - now) * usedShare);
    const login = { username, token, refreshToken, renewAt };
    this.#around.storage.setItem(key, JSON.stringify(login));
    this.#become(login);
    return login;
  }

  #end(ending: Ending): void {
    this.#ending.value = ending;
    this.#around.storage.removeItem(key);
    this.#become(undefined);
  }

  #become(login: Login | undefined): void {
    if (login) this.#ending.value = undefined;
    this.#current.value = login;
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const login = this.#current.peek();
    if (!login) return;
    const wait = login.renewAt - this.#around.now();
    if (wait > 0) {
      this.#timer = setTimeout(() => this.#schedule(), Math.min(wait, longestTimerMs));
      return;
    }
    this.renew(login).catch(() => {
      this.#timer = setTimeout(() => this.#schedule(), retryMs);
    });
  }
}
