// Servers that can be killed as a power cut would: without warning, workerd included.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { inTime } from './patience.mjs';

const script = fileURLToPath(new URL('natter-process.mjs', import.meta.url));

/**
 * Starts a server with the options of `startNatter` in a process of its own. What it leaves in the folder for temporary files
 * goes to `temporary`. Resolves to
 * - `url`: where it is
 * - `kill()`: kills it, and resolves once nothing of it is left
 * - `evict(sockets)`: that of `startNatter`. There it stops everything else in its process until it is done.
 */
export async function startKillable(t, options, temporary) {
  // A process group of its own, to which workerd belongs too.
  const server = fork(script, [JSON.stringify(options)], { detached: true, env: { ...process.env, TMPDIR: temporary } });
  const exited = once(server, 'exit');
  const kill = async () => {
    signal(server.pid, 'SIGKILL');
    await exited;
    await inTime(untilRefused(url), () => `something still listens at ${url}`);
  };
  t.after(() => signal(server.pid, 'SIGKILL'));
  const [url] = await inTime(
    Promise.race([once(server, 'message'), exited.then(([code]) => Promise.reject(new Error(`it ended with code ${code}`)))]),
    () => 'the server did not start',
  );
  const evict = async (sockets) => {
    const answer = once(server, 'message');
    server.send(sockets);
    const [error] = await answer;
    if (error) throw new Error(error);
  };
  return { url, kill, evict };
}

function signal(group, name) {
  try {
    process.kill(-group, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Resolves when nobody listens there any more: workerd is what listens. */
async function untilRefused(url) {
  const { hostname, port } = new URL(url);
  for (;;) {
    const socket = connect({ host: hostname, port });
    const refused = await new Promise((resolve) => {
      socket.once('connect', () => resolve(false)).once('error', () => resolve(true));
    });
    socket.destroy();
    if (refused) return;
    await pause(20);
  }
}
