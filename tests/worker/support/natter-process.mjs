// A server in a process of its own, for tests that kill it. The argument is JSON: the options of `startNatter`. Its one message
// to the parent is the URL; it ends when the parent does.
import { startNatter } from './natter.mjs';

const { url } = await startNatter(JSON.parse(process.argv[2]));
process.on('disconnect', () => process.exit());
process.send(url);
