// The login of this browser, which all tabs share through localStorage. A refresh token works once, and a second use ends the
// login. A Web Lock therefore keeps two tabs from exchanging it at the same time.
import { type ReadonlySignal, signal } from '@preact/signals';
import { type Api, ApiError, type TokenPair } from './api.ts';

/** A login as it is stored. */
export interface Login {
  username: string;
  token: string;
  refreshToken: string;
  /** When to renew it, in milliseconds since 1970 by the local clock. */
  renewAt: number;
}

/** How a login ended: in this tab, in another one, or because the server refused to renew it. */
export type Ending = 'here' | 'elsewhere' | 'refused';

/** The parts of a browser that a login keeper needs. */
export interface Environment {
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** Runs `work` in one tab at a time. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** Marks a refresh token as spent for every tab that gets the lock next, since the storage may reach that tab later. */
  markSpent(refreshToken: string): Promise<void>;
  isSpent(refreshToken: string): Promise<boolean>;
  /** Resolves when another tab has stored something, or after a short timeout. */
  storageChange(): Promise<void>;
  now(): number;
}

// The name that released versions use.
const key = 'natter.session';
/** The share of its lifetime after which a token is renewed. */
const usedShare = 0.75;
const shortestUseMs = 20_000;
const retryMs = 10_000;
/** The number of times a tab waits for the storage to show a renewed login. */
const storageWaits = 20;
/** The limit of a timer, in milliseconds. Browsers cap them at 24 days, and after sleep a due renewal should be noticed soon. */
const longestTimerMs = 60_000;

/** The owner of the login: it renews, ends and publishes it. */
export class LoginKeeper {
  readonly #api: Api;
  readonly #environment: Environment;
  readonly #current = signal<Login | undefined>(undefined);
  readonly #ending = signal<Ending | undefined>(undefined);
  #renewal: Promise<Login | undefined> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(api: Api, environment: Environment) {
    this.#api = api;
    this.#environment = environment;
    this.adoptStored();
  }

  /** The current login. Its tokens change with every renewal. */
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

  /** Ends the login here, and on the server if it can be reached. */
  async logOut(): Promise<void> {
    const refreshToken = await this.#environment.exclusively(async () => {
      const login = this.#stored();
      this.#end('here');
      return login?.refreshToken;
    });
    if (refreshToken !== undefined) await this.#api.logOut(refreshToken).catch(() => undefined);
  }

  /** Changes the password, which ends all other logins of the user. Rejects with an `ApiError`. */
  async changePassword(currentPassword: string, newPassword: string): Promise<void> {
    await this.#environment.exclusively(async () => {
      const login = this.#stored();
      if (!login) throw new ApiError("You're no longer logged in.", 'token_missing', 401);
      this.#keep(await this.#api.changePassword(login.token, currentPassword, newPassword));
      await this.#environment.markSpent(login.refreshToken);
    });
  }

  /**
   * Takes over the login that another tab has stored, and renews it if that is due. Call it when the storage changes and when the
   * page becomes visible.
   */
  adoptStored(): void {
    const before = this.#current.peek();
    const stored = this.#stored();
    if (before && !stored) this.#ending.value = 'elsewhere';
    if (stored?.token !== before?.token) this.#become(stored);
    else this.#schedule();
  }

  /**
   * Replaces the token of `stale` by a newer one, from another tab or from the server. Resolves to undefined if the login has
   * ended. Rejects with an `ApiError` if the server cannot be reached; the login stays.
   */
  renew(stale: Login): Promise<Login | undefined> {
    this.#renewal ??= this.#environment.exclusively(() => this.#exchange(stale)).finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  /** Sends a request as the logged-in user. If the token has expired, renews it and tries again. */
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
      if (!(await this.#environment.isSpent(stored.refreshToken))) break;
      await this.#environment.storageChange();
      stored = this.#stored();
    }
    if (!stored || stored.token !== stale.token) {
      this.adoptStored();
      return stored;
    }
    try {
      const next = this.#keep(await this.#api.refresh(stored.refreshToken));
      await this.#environment.markSpent(stored.refreshToken);
      return next;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      this.#end('refused');
      return undefined;
    }
  }

  #stored(): Login | undefined {
    try {
      const login = JSON.parse(this.#environment.storage.getItem(key) ?? 'null') as Partial<Login> | null;
      const isComplete = typeof login?.username === 'string' && typeof login.token === 'string'
        && typeof login.refreshToken === 'string' && typeof login.renewAt === 'number';
      return isComplete ? (login as Login) : undefined;
    } catch {
      return undefined;
    }
  }

  #keep({ username, token, refreshToken, expiresAt }: TokenPair): Login {
    const now = this.#environment.now();
    const renewAt = now + Math.max(shortestUseMs, (Date.parse(expiresAt) - now) * usedShare);
    const login = { username, token, refreshToken, renewAt };
    this.#environment.storage.setItem(key, JSON.stringify(login));
    this.#become(login);
    return login;
  }

  #end(ending: Ending): void {
    this.#ending.value = ending;
    this.#environment.storage.removeItem(key);
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
    const wait = login.renewAt - this.#environment.now();
    if (wait > 0) {
      this.#timer = setTimeout(() => this.#schedule(), Math.min(wait, longestTimerMs));
      return;
    }
    this.renew(login).catch(() => {
      this.#timer = setTimeout(() => this.#schedule(), retryMs);
    });
  }
}
