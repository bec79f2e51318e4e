// Natter inside your own tests: the built Worker in workerd, started and stopped by Miniflare's API, without network.
//
// Copy this file next to your tests, take `build/index.js` and `build/index_bg.wasm` from `npm run build` in Natter, and
// `npm install --save-dev miniflare` (it wants Node 22.12 or newer):
//
//     const natter = await startNatter({ build: 'vendor/natter', vars: { FRONTEND_URL: 'http://localhost:3000' } });
//     const socket = io(natter.url, { auth: { token } });
//     ...
//     await natter.stop();
//
// Every server has a free port and data of its own, so any number of them can run side by side. One is up in half a second.
import { randomBytes } from 'node:crypto';
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
  const miniflare = new Miniflare({
    name: 'natter',
    modulesRoot: folder,
    modules: [
      { type: 'ESModule', path: join(folder, 'index.js') },
      { type: 'CompiledWasm', path: join(folder, 'index_bg.wasm') },
    ],
    // The same as in wrangler.toml, which a test sees to.
    compatibilityDate: '2026-07-30',
    compatibilityFlags: ['no_web_socket_compression'],
    durableObjects: {
      ROOM: { className: 'Room', useSQLite: true },
      PASSWORD_HASHER: { className: 'PasswordHasher', useSQLite: true },
    },
    durableObjectsPersist: persistTo && resolve(persistTo),
    assets: page && {
      directory: resolve(page),
      routerConfig: { has_user_worker: true },
      assetConfig: { not_found_handling: 'none' },
    },
    bindings: defined({ JWT_SECRET: randomBytes(48).toString('base64'), ...vars }),
    host: '127.0.0.1',
    port,
    cf: false,
    handleRuntimeStdio: (stdout, stderr) => [stdout, stderr].forEach((stream) => eachLine(stream, log)),
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

function defined(vars) {
  return Object.fromEntries(Object.entries(vars).filter(([, value]) => value !== undefined));
}

function eachLine(stream, log) {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    lines.forEach((line) => log(line));
  });
  stream.on('end', () => rest && log(rest));
}
