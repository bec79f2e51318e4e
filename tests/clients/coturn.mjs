// Runs coturn, a TURN server with credentials from a shared secret, and its client.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, canAptInstall } from '../../scripts/lib/apt.mjs';
import { run } from '../../scripts/lib/command.mjs';
import { freePort } from '../worker/support/free-port.mjs';
import { scratchFolder } from '../worker/support/scratch.mjs';

const folders = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];
const find = (program) => folders.map((folder) => join(folder, program)).find((path) => existsSync(path));

/** Resolves to `{}` if coturn is available, installing it if possible; otherwise to `{ skip }`, the reason. */
export async function haveCoturn() {
  if (!find('turnserver') && (await canAptInstall())) await aptInstall(['coturn']);
  return find('turnserver') ? {} : { skip: 'coturn is missing and cannot be installed here' };
}

/** Starts a server on loopback for one test. Resolves to its port once it listens. */
export async function startCoturn(t, secret) {
  const port = await freePort();
  const folder = scratchFolder();
  const server = spawn(find('turnserver'), [
    '-n', '--no-cli', '--no-tls', '--no-dtls', '--allow-loopback-peers', '--simple-log', '--log-file=stdout', '--verbose',
    '--use-auth-secret', `--static-auth-secret=${secret}`, '--realm=natter',
    '--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', `--listening-port=${port}`,
    `--pidfile=${join(folder, 'pid')}`, `--userdb=${join(folder, 'users')}`,
  ], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  t.after(async () => {
    server.kill();
    await ended;
  });
  await new Promise((resolve, reject) => {
    let log = '';
    server.stdout.on('data', (text) => {
      log += text;
      // The last thread that coturn opens.
      if (/IO method \(admin thread\)/.test(log)) resolve();
    });
    ended.then(() => reject(new Error(`coturn ended:\n${log}`)));
  });
  return port;
}

/** Allocates relays with these credentials and sends through them. Resolves to whether that succeeds. */
export async function canRelay(port, { username, credential }) {
  const args = ['-y', '-c', '-n', '1', '-m', '1', '-u', username, '-w', credential, '-p', String(port), '127.0.0.1'];
  const { output } = await run(find('turnutils_uclient'), args);
  const received = /tot_send_msgs=(\d+), tot_recv_msgs=\1\n/.exec(output);
  const refused = /Cannot complete Allocation/.test(output);
  if (refused === Boolean(received && Number(received[1]))) throw new Error(`what does this mean?\n${output}`);
  return !refused;
}
