// A socket.io-client in a separate process, for tests that kill it. The argument is JSON: the `url`, and options of the client.
// It sends every event to the parent as `[name, ...arguments]`, and emits the events that the parent sends in that form.
import { io } from 'socket.io-client';

const { url, ...options } = JSON.parse(process.argv[2]);
const socket = io(url, options);
socket.on('connect', () => process.send(['connect']));
socket.onAny((...event) => process.send(event));
process.on('message', (event) => socket.emit(...event));
process.on('disconnect', () => process.exit());
