// Serves original-frontend.html on a separate port, which makes it another origin.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const client = import.meta.resolve('socket.io-client/package.json').replace(/package\.json$/, 'dist/socket.io.min.js');
const files = {
  '/': [new URL('original-frontend.html', import.meta.url), 'text/html'],
  '/original-frontend.js': [new URL('original-frontend.js', import.meta.url), 'text/javascript'],
  '/socket.io.min.js': [new URL(client), 'text/javascript'],
};

/** Serves it until the test or suite `t` is over. Resolves to `{ origin, at(server, query) }`; `at` returns its URL for a server. */
export async function serveOriginalFrontend(t) {
  const host = createServer(async (request, response) => {
    const file = files[new URL(request.url, 'http://localhost').pathname];
    if (!file) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': file[1] }).end(await readFile(file[0]));
  });
  host.listen(0, '127.0.0.1');
  await once(host, 'listening');
  t.after(() => host.close());
  // The browser keeps its connections open.
  t.after(() => host.closeAllConnections());
  const origin = `http://127.0.0.1:${host.address().port}`;
  return { origin, at: (server, query = {}) => `${origin}/?${new URLSearchParams({ server, ...query })}` };
}
