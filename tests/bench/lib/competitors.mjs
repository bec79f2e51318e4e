// The competing servers, each restarted for every measurement.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { projectNode, root } from '../../../scripts/lib/paths.mjs';
import { beforeEnding } from '../../../scripts/lib/shutdown.mjs';
import { unlimited } from '../../worker/support/chatroom.mjs';

/** The folder of the benchmark. */
export const bench = fileURLToPath(new URL('..', import.meta.url));

/** The secret that signs tokens. */
export const secret = 'a secret for the benchmark and nothing else';

const patienceMs = 30_000;

const natter = {
  folder: join(root, 'build'),
  modules: { 'index.js': 'esm', 'index_bg.wasm': 'wasm' },
  objects: { ROOM: 'Room', PASSWORD_HASHER: 'PasswordHasher' },
  vars: { JWT_SECRET: secret, ...unlimited },
};
const floor = { folder: join(bench, 'floor'), modules: { 'worker.mjs': 'esm' }, objects: { ROOM: 'Room' } };

/** The features that the floor lacks, and those of servers that never sleep. */
const bare = 'it has no accounts, presence or history';
const open = 'it has no limits, and its login times reveal accounts';
const bareLacks = { accounts: bare, presence: bare, history: bare, limits: open };
const awakeLacks = {
  sleep: 'it never sleeps',
  limits: open,
  history: 'it keeps the newest 50 messages in memory, and no others',
  crowds: 'it sends everyone the whole list at each of 5,000 joins: 12.5 million packets before the first message',
};

/**
 * `start` resolves to a running server:
 * - `address`, and `pids` of the server's own processes
 * - `coldStart`: the time until its first answer, in milliseconds of the clock; `startUp`: the same in milliseconds of CPU
 * - `sleep()`, if supported: resolves once the room is evicted
 * - `stop()`
 *
 * `lacks` names the features that a server does not have, each with the reason.
 */
export const competitors = [
  { name: 'natter', title: 'Natter', lacks: {}, start: ({ vars, ...options } = {}) => startWorkerd({ ...natter, ...options, vars: { ...natter.vars, ...vars } }) },
  { name: 'floor', title: 'floor', lacks: bareLacks, start: () => startWorkerd({ ...floor, vars: {} }) },
  { name: 'durable', title: 'floor with INSERT', lacks: bareLacks, start: () => startWorkerd({ ...floor, vars: { DURABLE: 'yes' } }) },
  {
    name: 'node',
    title: 'Node, socket.io',
    lacks: awakeLacks,
    start: () => startProgram(projectNode, [join(bench, 'node', 'server.mjs')]),
  },
  {
    name: 'socketioxide',
    title: 'socketioxide',
    lacks: awakeLacks,
    start: () => startProgram(join(programs, 'natter-bench-socketioxide'), []),
  },
];

/** The target folder for the programs of the benchmark. */
export const targetDir = join(root, 'target', 'bench');
export const programs = join(targetDir, 'release');

async function startWorkerd(worker) {
  const begin = performance.now();
  // Miniflare leaves temporary folders behind.
  const temporary = mkdtempSync(join(tmpdir(), 'natter-bench-'));
  const host = fork(join(bench, 'workerd-host.mjs'), [JSON.stringify(worker)], { execPath: projectNode, env: { ...process.env, TMPDIR: temporary } });
  const exited = once(host, 'exit').finally(() => rmSync(temporary, { recursive: true, force: true, maxRetries: 5 }));
  const stop = async () => {
    if (host.exitCode === null && host.signalCode === null) host.send('stop');
    await exited;
  };
  const sleep = async () => {
    host.send('sleep');
    const [{ error }] = await inTime(once(host, 'message'), exited);
    if (error) throw new Error(error);
  };
  try {
    const [{ url }] = await inTime(once(host, 'message'), exited);
    // The server is workerd, which Miniflare starts. Miniflare itself only waits.
    const pids = children(host.pid);
    const address = new URL(url).host;
    return { address, pids, sleep, stop, ...(await firstAnswer(address, pids, begin)) };
  } catch (error) {
    host.kill();
    throw error;
  }
}

async function startProgram(program, args) {
  const begin = performance.now();
  const server = spawn(program, args, { env: { ...process.env, JWT_SECRET: secret }, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => server.on('exit', resolve).on('error', resolve));
  const stop = async () => {
    server.kill();
    await exited;
    takeBack();
  };
  const takeBack = beforeEnding(stop);
  try {
    const [port] = await inTime(once(createInterface(server.stdout), 'line'), exited);
    const address = `127.0.0.1:${port}`;
    return { address, pids: [server.pid], stop, ...(await firstAnswer(address, [server.pid], begin)) };
  } catch (error) {
    server.kill();
    throw error;
  }
}

/** Measures the time from the start to the first answer, in milliseconds of the clock and of CPU. */
async function firstAnswer(address, pids, begin) {
  const response = await fetch(`http://${address}/health`, { headers: { connection: 'close' } });
  if (!response.ok) throw new Error(`/health answers ${response.status}`);
  await response.text();
  return { coldStart: performance.now() - begin, startUp: cpuMillis(pids) };
}

/** Returns the CPU time of the processes so far. schedstat counts nanoseconds; stat only ticks of 10 ms. */
function cpuMillis(pids) {
  const tasks = pids.flatMap((pid) => readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}/schedstat`));
  return tasks.reduce((sum, file) => sum + Number(readFileSync(file, 'utf8').split(' ')[0]), 0) / 1e6;
}

function children(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}

function inTime(promise, exited) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(reject, patienceMs, new Error(`nothing from it for ${patienceMs / 1000} s`))));
  const ended = exited.then(() => Promise.reject(new Error('it ended')));
  return Promise.race([promise, late, ended]).finally(() => clearTimeout(timer));
}
