// Natter inside your own tests: the built Worker in workerd, started and stopped by Miniflare's API, without network.
//
// Copy this file next to your tests, take `build/index.js` and `build/index_bg.wasm` from `npm run build` in Natter, and
// `npm install --save-dev --save-exact miniflare@5.20261117.0-beta` (it requires Node 22.12 or newer):
//
//     const natter = await startNatter({ build: 'vendor/natter', vars: { FRONTEND_URL: 'http://localhost:3000' } });
//     const socket = io(natter.url, { auth: { token } });
//     ...
//     await natter.stop();
//
// Every server has a free port and data of its own, so any number of them can run side by side. One is up in half a second.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';

/** Where `npm run build` leaves the Worker. */
const repositoryBuild = fileURLToPath(new URL('../../../build', import.meta.url));

/**
 * Starts a server. All options may be left out.
 *
 * - `vars`: settings as in wrangler.toml, all of them strings. A random `JWT_SECRET` is set unless you set one; one that is
 *   undefined is none.
 * - `persistTo`: a folder that keeps the data between servers, which then need the same `JWT_SECRET`. Without it the data is
 *   gone with the server.
 * - `port`: 0, the default, is a free one.
 * - `build`: the folder with index.js and index_bg.wasm.
 * - `page`: the folder of the web client, which is served too; without it only the server is there
 * - `log`: gets what the server logs, line by line; it goes to the console otherwise. A healthy server logs nothing.
 *
 * Resolves once the server answers, to
 * - `url`: where it is, such as http://127.0.0.1:41234
 * - `stop()`: ends it, and workerd with it
 * - `evict(sockets)`: takes the room out of memory, as the platform does when it is idle. With 'hibernate', the default, its
 *   WebSockets stay connected; with 'close' they are closed
 */
export async function startNatter({
  vars = {},
  persistTo,
  port = 0,
  build = process.env.NATTER_BUILD || repositoryBuild,
  page,
  log = (line) => console.error(line),
} = {}) {
  const folder = resolve(build);
  const bundled = (name) => readFile(join(folder, name));
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port,
    cf: false,
    logRequests: false,
    enableDevRegistry: false,
    resourcePersistencePath: persistTo && resolve(persistTo),
    handleStructuredLogs: ({ message }) => message.split('\n').forEach((line) => log(line)),
    workers: [{
      config: {
        name: 'natter',
        // As in wrangler.toml; a test compares them.
        compatibilityDate: '2026-07-30',
        compatibilityFlags: ['no_web_socket_compression', 'enable_request_signal'],
        manifest: {
          mainModule: 'index.js',
          modulesRoot: folder,
          modules: {
            'index.js': { type: 'esm', contents: String(await bundled('index.js')) },
            'index_bg.wasm': { type: 'wasm', contents: await bundled('index_bg.wasm') },
          },
        },
        env: {
          ROOM: { type: 'durable-object', worker: 'natter', exportName: 'Room' },
          PASSWORD_HASHER: { type: 'durable-object', worker: 'natter', exportName: 'PasswordHasher' },
          ...asTexts({ JWT_SECRET: randomBytes(48).toString('base64'), ...vars }),
        },
        exports: {
          Room: { type: 'durable-object', storage: 'sqlite' },
          PasswordHasher: { type: 'durable-object', storage: 'sqlite' },
        },
        assets: page && { directory: resolve(page), hasUserWorker: true, notFoundHandling: 'none' },
      },
    }],
  });
  try {
    const { origin } = await miniflare.ready;
    let stopped;
    return {
      url: origin,
      stop: () => (stopped ??= miniflare.dispose()),
      evict: (sockets = 'hibernate') =>
        miniflare.unsafeEvictDurableObject('natter', 'Room', { name: 'main', webSockets: sockets }),
    };
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
}

/** Variables as bindings; one that is undefined is none. */
function asTexts(vars) {
  const defined = Object.entries(vars).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined.map(([name, value]) => [name, { type: 'text', value }]));
}
