// Stands between a script and the server it runs: a killed `npm start` would otherwise leave a workerd behind, which holds the
// port and the data. Arguments: the server's script and its arguments.
import { spawn } from 'node:child_process';

const patienceMs = 5000;

// A group of its own, so that descendants the server itself lost hold of are reached too.
const server = spawn(process.execPath, process.argv.slice(2), { stdio: ['ignore', 'inherit', 'inherit'], detached: true });

server.on('exit', async (code) => {
  await endGroup('SIGTERM');
  process.exit(code ?? 1);
});

// A script that ends in order says so before it closes the pipe. One that was killed may be started again at once, and then
// finds its port free only if nobody takes time to say goodbye.
let toldToStop = false;
process.stdin.on('data', () => (toldToStop = true));
process.stdin.on('end', () => endGroup(toldToStop ? 'SIGTERM' : 'SIGKILL'));

async function endGroup(signal) {
  const deadline = Date.now() + patienceMs;
  while (signalGroup(signal)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    signal = Date.now() > deadline ? 'SIGKILL' : 0;
  }
}

/** Whether anybody was left in the group to get the signal; 0 only asks that. */
function signalGroup(signal) {
  try {
    return process.kill(-server.pid, signal);
  } catch {
    return false;
  }
}
