// The REST API of the server.

/** The tokens of a login: `token` for requests and the socket, `refreshToken` for one exchange for the next pair. */
export interface TokenPair {
  username: string;
  token: string;
  refreshToken: string;
  /** The expiry of `token`, in ISO 8601. */
  expiresAt: string;
}

/** A failed request. Its message is a sentence for the user: the server's own, if the server answered. */
export class ApiError extends Error {
  /** `unreachable`, or the server's code. */
  readonly code: string;
  /** The HTTP status; 0 without an answer. */
  readonly status: number;

  constructor(message: string, code: string, status: number) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

type Fetch = typeof fetch;

/** The routes under `/api/auth`. Each rejects with an `ApiError`. */
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

  /** Sends any request with a token. Rejects only if the server cannot be reached. */
  async fetch(path: string, token: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('Authorization', `Bearer ${token}`);
    return this.#reach(path, { ...init, headers });
  }

  async #post<T>(path: string, body: object, token?: string): Promise<T> {
    const headers: Record<string, string> = { 'Content-Type': 'application/json' };
    if (token !== undefined) headers['Authorization'] = `Bearer ${token}`;
    // A refresh token is spent once it is exchanged, so the request must finish even if the page closes.
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
    : error ?? 'The server sent an unexpected response. Please try again.';
  return new ApiError(sentence, code ?? 'unexpected', response.status);
}

/** Formats a number of seconds in words, rounded up. */
function duration(seconds: number): string {
  const [amount, unit] = seconds < 90 ? [seconds, 'second'] : [seconds / 60, 'minute'];
  return new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay: 'long' }).format(Math.ceil(amount));
}
