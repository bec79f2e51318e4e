// The server's REST part.

/** Tokens of a login: `token` for requests and the socket, `refreshToken` for exactly one exchange against the next pair. */
export interface TokenPair {
  username: string;
  token: string;
  refreshToken: string;
  /** When `token` expires: ISO 8601. */
  expiresAt: string;
}

/** A request that did not succeed. Its message is a sentence for a person: the server's own, where the server answered. */
export class ApiError extends Error {
  /** `unreachable`, or the server's code. */
  readonly code: string;
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number;

  constructor(message: string, code: string, status: number) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

type Fetch = typeof fetch;

/** The routes under `/api/auth`. Every one rejects with an `ApiError`. */
export class Api {
  readonly #url: string;
  readonly #fetch: Fetch;

  constructor(url: string, fetchLike: Fetch = (...args) => fetch(...args)) {
    this.#url = url;
    this.#fetch = fetchLike;
  }

  register(username: string, password: string): Promise<TokenPair> {
    return this.#post('/api/auth/register', { username, password });
  }

  logIn(username: string, password: string): Promise<TokenPair> {
    return this.#post('/api/auth/login', { username, password });
  }

  refresh(refreshToken: string): Promise<TokenPair> {
    return this.#post('/api/auth/refresh', { refreshToken });
  }

  async logOut(refreshToken: string): Promise<void> {
    await this.#post('/api/auth/logout', { refreshToken });
  }

  changePassword(token: string, currentPassword: string, newPassword: string): Promise<TokenPair> {
    return this.#post('/api/auth/password', { currentPassword, newPassword }, token);
  }

  /** Any request, with a token. Rejects only where the server cannot be reached. */
  async fetch(path: string, token: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('Authorization', `Bearer ${token}`);
    return this.#reach(path, { ...init, headers });
  }

  async #post<T>(path: string, body: object, token?: string): Promise<T> {
    const headers: Record<string, string> = { 'Content-Type': 'application/json' };
    if (token !== undefined) headers['Authorization'] = `Bearer ${token}`;
    // What is under way is worth finishing when the page goes away: a token that was exchanged is spent.
    const response = await this.#reach(path, { method: 'POST', headers, body: JSON.stringify(body), keepalive: true });
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok) return answer as T;
    throw failure(response, answer);
  }

  async #reach(path: string, init: RequestInit): Promise<Response> {
    try {
      return await this.#fetch(`${this.#url}${path}`, init);
    } catch {
      throw new ApiError("Can't reach the server. Check your connection and try again.", 'unreachable', 0);
    }
  }
}

function failure(response: Response, answer: unknown): ApiError {
  const { error, code } = (answer ?? {}) as { error?: string; code?: string };
  const wait = Number(response.headers.get('Retry-After'));
  const sentence = response.status === 429 && wait > 0
    ? `Too many attempts. Try again in ${duration(wait)}.`
    : error ?? 'The server sent an unexpected answer. Please try again.';
  return new ApiError(sentence, code ?? 'unexpected', response.status);
}

/** Some seconds in words, rounded up. */
function duration(seconds: number): string {
  const [amount, unit] = seconds < 90 ? [seconds, 'second'] : [seconds / 60, 'minute'];
  return new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay: 'long' }).format(Math.ceil(amount));
}
