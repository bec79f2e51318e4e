// Runs Natter inside your own tests: the built Worker in workerd, through Miniflare's API, without network access.
//
// Copy this file next to your tests, take `build/index.js` and `build/index_bg.wasm` from `npm run build` in Natter, and
// `npm install --save-dev --save-exact miniflare@5.20261117.0-beta` (it requires Node 22.12 or newer):
//
//     const natter = await startNatter({ build: 'vendor/natter', vars: { FRONTEND_URL: 'http://localhost:3000' } });
//     const socket = io(natter.url, { auth: { token } });
//     ...
//     await natter.stop();
//
// Every server has its own port and data, so any number can run side by side. Each starts in half a second.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';

/** The output folder of `npm run build`. */
const repositoryBuild = fileURLToPath(new URL('../../../build', import.meta.url));

/**
 * Starts a server. Every option is optional.
 *
 * - `vars`: settings as in wrangler.toml, as strings. `JWT_SECRET` is random unless you set it; undefined removes it.
 * - `persistTo`: a folder that keeps the data across servers, which then need the same `JWT_SECRET`. Without it, stopping
 *   deletes the data.
 * - `port`: by default a free one.
 * - `build`: the folder with index.js and index_bg.wasm.
 * - `page`: the folder of a web client to serve. By default there is none.
 * - `log`: a function for each line that the server logs, by default `console.error`. A healthy server logs nothing.
 *
 * Resolves once the server answers, to
 * - `url`, such as http://127.0.0.1:41234
 * - `stop()`: stops the server
 * - `evict(sockets)`: removes the room from memory, as the platform does when it is idle. Its WebSockets stay connected with
 *   'hibernate', the default, and are closed with 'close'
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

/** Converts variables to bindings, without undefined ones. */
function asTexts(vars) {
  const defined = Object.entries(vars).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined.map(([name, value]) => [name, { type: 'text', value }]));
}
