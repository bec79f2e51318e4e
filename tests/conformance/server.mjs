// Serves the conformance worker in workerd.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';

/** Where `npm run conformance` and `npm test` build it. */
export const conformanceBuild = fileURLToPath(new URL('../../build/conformance', import.meta.url));

/**
 * Starts it on a port of this machine, 0 for a free one. What it logs goes to `log` in pieces, or else to the console. Resolves
 * to its URL, a function that stops it, and one for the URL of the inspector, which is there with an `inspectorPort`.
 */
export async function serveConformanceWorker({ port = 0, inspectorPort, log } = {}) {
  const miniflare = new Miniflare({
    modules: [
      { type: 'ESModule', path: join(conformanceBuild, 'index.js') },
      { type: 'CompiledWasm', path: join(conformanceBuild, 'index_bg.wasm') },
    ],
    modulesRoot: conformanceBuild,
    compatibilityDate: '2026-07-30',
    compatibilityFlags: ['no_web_socket_compression'],
    durableObjects: {
      ENGINE: { className: 'EngineObject', useSQLite: true },
      SOCKET: { className: 'SocketObject', useSQLite: true },
    },
    cf: false,
    handleRuntimeStdio: log && ((...streams) => streams.forEach((stream) => stream.setEncoding('utf8').on('data', log))),
    host: '127.0.0.1',
    port,
    inspectorPort,
  });
  const url = (await miniflare.ready).origin;
  return { url, stop: () => miniflare.dispose(), inspectorUrl: () => miniflare.getInspectorURL() };
}
