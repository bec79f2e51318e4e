// Servers that tests kill without warning, workerd included, as a power cut would.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { inTime } from './patience.mjs';

const script = fileURLToPath(new URL('natter-process.mjs', import.meta.url));

/**
 * Starts a server with the options of `startNatter` in a separate process, whose temporary files go to `temporary`. Resolves to
 * - `url`
 * - `kill()`: kills the server. Resolves once its port is free.
 * - `evict(sockets)`: see `startNatter`. It blocks the process of the server, and so needs one apart from the clients.
 */
export async function startKillable(t, options, temporary) {
  // Its own process group, which includes workerd.
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

/** Resolves when workerd no longer listens there. */
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
