// Serves the conformance worker in workerd.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';

/** The folder of the built conformance worker. */
export const conformanceBuild = fileURLToPath(new URL('../../build/conformance', import.meta.url));

/** The classes of the objects behind `/engine.io/` and `/socket.io/`: echoes, or what the client suites expect. */
const classes = {
  echo: { ENGINE: 'EngineObject', SOCKET: 'SocketObject' },
  support: { ENGINE: 'EngineSupportObject', SOCKET: 'SocketSupportObject' },
};

/**
 * Starts the worker on a port of 127.0.0.1, by default a free one. Its log goes to `log` in pieces, or else to the console. Resolves
 * to its `url`, to `stop()`, and to `inspectorUrl()`, which needs an `inspectorPort`.
 */
export async function serveConformanceWorker({ port = 0, application = 'echo', inspectorPort, log } = {}) {
  const objects = Object.entries(classes[application]);
  const bundled = (name) => readFile(join(conformanceBuild, name));
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port,
    inspectorPort,
    cf: false,
    logRequests: false,
    enableDevRegistry: false,
    handleStructuredLogs: log && (({ message }) => log(`${message}\n`)),
    workers: [{
      config: {
        name: 'conformance',
        compatibilityDate: '2026-07-30',
        compatibilityFlags: ['no_web_socket_compression', 'enable_request_signal'],
        manifest: {
          mainModule: 'index.js',
          modulesRoot: conformanceBuild,
          modules: {
            'index.js': { type: 'esm', contents: String(await bundled('index.js')) },
            'index_bg.wasm': { type: 'wasm', contents: await bundled('index_bg.wasm') },
          },
        },
        env: Object.fromEntries(objects.map(([name, exportName]) => [name, { type: 'durable-object', worker: 'conformance', exportName }])),
        exports: Object.fromEntries(objects.map(([, exportName]) => [exportName, { type: 'durable-object', storage: 'sqlite' }])),
      },
    }],
  });
  const url = (await miniflare.ready).origin;
  return { url, stop: () => miniflare.dispose(), inspectorUrl: () => miniflare.getInspectorURL() };
}
