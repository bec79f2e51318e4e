// Runs one Worker in workerd. The argument is JSON: `folder`, `modules` as `{ name: type }`, `objects` as `{ BINDING: class }`,
// `vars`, and perhaps `persistTo`. The parent gets `{ url }`. On 'sleep' the room is taken out of memory as the platform does it,
// its WebSockets stay connected, and the parent gets `{}` or `{ error }`; 'stop' ends the server, as the parent's own end does.
import { join } from 'node:path';
import { Miniflare } from 'miniflare';

const { folder, modules, objects, vars, persistTo } = JSON.parse(process.argv[2]);
const miniflare = new Miniflare({
  name: 'natter',
  modulesRoot: folder,
  modules: Object.entries(modules).map(([name, type]) => ({ type, path: join(folder, name) })),
  // The same as in wrangler.toml.
  compatibilityDate: '2026-07-30',
  compatibilityFlags: ['no_web_socket_compression'],
  durableObjects: Object.fromEntries(Object.entries(objects).map(([name, className]) => [name, { className, useSQLite: true }])),
  durableObjectsPersist: persistTo,
  bindings: vars,
  host: '127.0.0.1',
  port: 0,
  cf: false,
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
