// A socket.io-client in a process of its own, for tests that kill it. The argument is JSON: the `url`, and options of the client.
// The parent gets every event as `[name, ...arguments]`, `connect` included, and has it emit what it sends in the same form.
import { io } from 'socket.io-client';

const { url, ...options } = JSON.parse(process.argv[2]);
const socket = io(url, options);
socket.on('connect', () => process.send(['connect']));
socket.onAny((...event) => process.send(event));
process.on('message', (event) => socket.emit(...event));
process.on('disconnect', () => process.exit());
