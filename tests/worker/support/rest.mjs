// Requests as frontends make them.

/**
 * A request; resolves to `{ status, headers, body }`, the body parsed if there is one that is JSON. Each has a connection of its
 * own: workerd closes one whose request it did not read to the end, and does not say so.
 */
export async function request(url, path, init) {
  const response = await fetch(new URL(path, url), { ...init, headers: { connection: 'close', ...init?.headers } });
  const text = await response.text();
  const isJson = text && response.headers.get('content-type')?.startsWith('application/json');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** A POST of `body` as JSON; a string goes as it is. */
export function post(url, path, body, headers = {}) {
  return request(url, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}
