// Requests as frontends make them.

/**
 * Sends a request. Resolves to `{ status, headers, body }`, with the body parsed if it is JSON. Each request has its own connection,
 * because workerd silently closes one whose request it has not read to the end.
 */
export async function request(url, path, init) {
  const response = await fetch(new URL(path, url), { ...init, headers: { connection: 'close', ...init?.headers } });
  const text = await response.text();
  const isJson = text && response.headers.get('content-type')?.startsWith('application/json');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** Posts `body` as JSON; a string is sent verbatim. */
export function post(url, path, body, headers = {}) {
  return request(url, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}
