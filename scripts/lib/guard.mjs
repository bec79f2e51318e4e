// Runs a server on behalf of a script, and ends it when the script ends. Otherwise a killed `npm start` would leave workerd
// behind, with the port and the data. Arguments: the server's script and its arguments.
import { spawn } from 'node:child_process';
import { endGroup } from './process-group.mjs';

// Its own process group, so that signals also reach descendants that the server has lost.
const server = spawn(process.execPath, process.argv.slice(2), { stdio: ['ignore', 'inherit', 'inherit'], detached: true });

server.on('exit', async (code) => {
  await endGroup(server.pid, 'SIGTERM');
  process.exit(code ?? 1);
});

// A script that ends in order says so before it closes the pipe. A killed one may be restarted at once and needs its port, so
// then the server is killed too.
let toldToStop = false;
process.stdin.on('data', () => (toldToStop = true));
process.stdin.on('end', () => endGroup(server.pid, toldToStop ? 'SIGTERM' : 'SIGKILL'));
