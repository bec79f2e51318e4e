// A server in a separate process, for tests that kill it or evict its room while clients are active. The argument is JSON: the
// options of `startNatter`. It sends its URL to the parent. Each message from the parent is the argument of an eviction, and is
// answered with an error's message or null. The process ends with its parent.
import { startNatter } from './natter.mjs';

const natter = await startNatter(JSON.parse(process.argv[2]));
process.on('disconnect', () => process.exit());
process.on('message', (sockets) => {
  natter.evict(sockets).then(() => process.send(null), (error) => process.send(error.message));
});
process.send(natter.url);
