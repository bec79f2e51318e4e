// A server in a process of its own, for tests that kill it, or that evict its room while their clients go on. The argument is
// JSON: the options of `startNatter`. The first message to the parent is the URL; then each message from it is what `evict`
// takes, and is answered when that is done, with an error's message or null. It ends when the parent does.
import { startNatter } from './natter.mjs';

const natter = await startNatter(JSON.parse(process.argv[2]));
process.on('disconnect', () => process.exit());
process.on('message', (sockets) => {
  natter.evict(sockets).then(() => process.send(null), (error) => process.send(error.message));
});
process.send(natter.url);
