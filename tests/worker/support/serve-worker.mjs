// A built Worker and its Durable Objects in workerd.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Miniflare } from 'miniflare';

/**
 * Starts the Worker in the folder `build` on a port of this machine, 0 for a free one. `objects` maps its bindings to classes. What
 * it logs goes to `log` in pieces, or else to the console. Resolves to
 * - `url`: where it is
 * - `stop()`: ends it
 * - `evict(className)`: takes the object `main` out of memory; its WebSockets stay connected
 * - `inspectorUrl()`: the URL of the inspector, which is there with an `inspectorPort`
 */
export async function serveWorker({ name, build, objects, vars = {}, port = 0, inspectorPort, log }) {
  const bundled = (file) => readFile(join(build, file));
  const mapped = (entries, value) => Object.fromEntries(entries.map(([key, item]) => [key, value(item)]));
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
        name,
        compatibilityDate: '2026-07-30',
        compatibilityFlags: ['no_web_socket_compression', 'enable_request_signal'],
        manifest: {
          mainModule: 'index.js',
          modulesRoot: build,
          modules: {
            'index.js': { type: 'esm', contents: String(await bundled('index.js')) },
            'index_bg.wasm': { type: 'wasm', contents: await bundled('index_bg.wasm') },
          },
        },
        env: {
          ...mapped(Object.entries(objects), (exportName) => ({ type: 'durable-object', worker: name, exportName })),
          ...mapped(Object.entries(vars), (value) => ({ type: 'text', value })),
        },
        exports: mapped(Object.values(objects).map((it) => [it]), () => ({ type: 'durable-object', storage: 'sqlite' })),
      },
    }],
  });
  const url = (await miniflare.ready).origin;
  return {
    url,
    stop: () => miniflare.dispose(),
    evict: (className) => miniflare.unsafeEvictDurableObject(name, className, { name: 'main', webSockets: 'hibernate' }),
    inspectorUrl: () => miniflare.getInspectorURL(),
  };
}
