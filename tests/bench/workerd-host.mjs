// Runs one Worker in workerd. The argument is JSON: `folder`, `modules` as `{ name: type }`, `objects` as `{ BINDING: class }`,
// `vars`, and optionally `persistTo`. It sends `{ url }` to the parent. 'sleep' evicts the room, whose WebSockets stay connected, and
// is answered with `{}` or `{ error }`. 'stop' ends the server, as does the end of the parent.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Miniflare } from 'miniflare';

const { folder, modules, objects, vars, persistTo } = JSON.parse(process.argv[2]);
const contents = (name, type) => readFileSync(join(folder, name), type === 'esm' ? 'utf8' : undefined);
const entries = (object, value) => Object.fromEntries(Object.entries(object).map(value));
const miniflare = new Miniflare({
  host: '127.0.0.1',
  port: 0,
  cf: false,
  logRequests: false,
  enableDevRegistry: false,
  resourcePersistencePath: persistTo,
  workers: [{
    config: {
      name: 'natter',
      // As in wrangler.toml.
      compatibilityDate: '2026-07-30',
      compatibilityFlags: ['no_web_socket_compression', 'enable_request_signal'],
      manifest: {
        mainModule: Object.keys(modules)[0],
        modulesRoot: folder,
        modules: entries(modules, ([name, type]) => [name, { type, contents: contents(name, type) }]),
      },
      env: {
        ...entries(objects, ([name, exportName]) => [name, { type: 'durable-object', worker: 'natter', exportName }]),
        ...entries(vars ?? {}, ([name, value]) => [name, { type: 'text', value }]),
      },
      exports: entries(objects, ([, exportName]) => [exportName, { type: 'durable-object', storage: 'sqlite' }]),
    },
  }],
});
const orders = {
  async sleep() {
    const room = { name: 'main', webSockets: 'hibernate' };
    const error = await miniflare.unsafeEvictDurableObject('natter', 'Room', room).catch(({ message }) => message);
    process.send({ error });
  },
  async stop() {
    await miniflare.dispose();
    process.exit();
  },
};
process.on('disconnect', () => process.exit());
process.on('message', (order) => orders[order]());
process.send({ url: (await miniflare.ready).origin });
