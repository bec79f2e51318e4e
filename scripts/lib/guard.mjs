// Stands between a script and the server it runs: a killed `npm start` would otherwise leave a workerd behind, which holds the
// port and the data. Arguments: the server's script and its arguments.
import { spawn } from 'node:child_process';
import { endGroup } from './process-group.mjs';

// A group of its own, so that descendants the server itself lost hold of are reached too.
const server = spawn(process.execPath, process.argv.slice(2), { stdio: ['ignore', 'inherit', 'inherit'], detached: true });

server.on('exit', async (code) => {
  await endGroup(server.pid, 'SIGTERM');
  process.exit(code ?? 1);
});

// A script that ends in order says so before it closes the pipe. One that was killed may be started again at once, and then
// finds its port free only if nobody takes time to say goodbye.
let toldToStop = false;
process.stdin.on('data', () => (toldToStop = true));
process.stdin.on('end', () => endGroup(server.pid, toldToStop ? 'SIGTERM' : 'SIGKILL'));
