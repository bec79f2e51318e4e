// What is measured. `run` takes a competitor and resolves to one round's numbers by name; their medians make the table. Each
// has a `lacks` name where a competitor may not be able to take part.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { root } from '../../../scripts/lib/paths.mjs';
import { withHistory } from './history.mjs';
import { load } from './load.mjs';

/** How long a room has to be silent until the platform takes it out of memory, and a little more. */
const sleepMs = 13_000;

/** All clients together hear so many short texts in a second. An object has one thread: it keeps up below 25 µs of CPU each. */
export const shortDeliveries = 40_000;
const longDeliveries = 10_000;

/** More clients than this are not asked of a server that tells everyone of each who comes: joining alone takes it minutes. */
const mostOfNaive = 1000;
const naive = ['node', 'socketioxide'];

/** Everything that is measured, in the order of the table; a quick run has less of it. */
export function scenarios(quick) {
  return [
    { name: 'start', rounds: quick ? 1 : 5, run: (competitor) => withServer(competitor, ({ coldStart, startUp }) => ({ coldStart, startUp })) },
    ...(quick ? [100, 500] : [100, 500, 1000, 5000]).map((clients) => ({
      name: `fan-out ${clients}`,
      rounds: quick ? 1 : 3,
      run: (competitor) => fanOut(competitor, clients, 2),
    })),
    { name: 'send', rounds: quick ? 1 : 3, run: closedLoop('send', quick ? 300 : 1000) },
    { name: 'storm', lacks: 'storm', rounds: quick ? 1 : 3, run: storm(quick ? 300 : 1000) },
    { name: 'idle', rounds: 1, together: true, run: idle(quick ? 27 : 60) },
    { name: 'wake', lacks: 'wake', rounds: 1, together: true, run: wake(quick ? 1 : 3) },
    { name: 'login', lacks: 'login', rounds: quick ? 1 : 3, run: login(quick ? 5 : 20) },
    { name: 'polling', lacks: 'polling', rounds: quick ? 1 : 3, run: polling(quick ? 2 : 4) },
    ...(quick ? [1000] : [1000, 1_000_000]).map((messages) => ({
      name: `history ${messages}`,
      lacks: 'history',
      rounds: 1,
      run: (natter) => withHistory(natter, messages, (server) => question(server, 'history', 300)),
    })),
  ];
}

async function withServer(competitor, use) {
  const server = await competitor.start();
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

function fanOut(competitor, clients, seconds) {
  if (clients > mostOfNaive && naive.includes(competitor.name)) return undefined;
  const phases = [
    { bytes: 64, deliveries_per_second: shortDeliveries },
    { bytes: 4000, deliveries_per_second: longDeliveries },
  ];
  return withServer(competitor, async (server) => {
    const result = await load(server, { scenario: 'fan_out', clients, phases, seconds });
    const numbers = {};
    for (const { bytes, cpuPerDelivery, latency, missing } of result.phases) {
      if (missing > 0) throw new Error(`${missing} deliveries did not come`);
      Object.assign(numbers, { [`cpu ${bytes}`]: cpuPerDelivery, [`p50 ${bytes}`]: latency.p50, [`p99 ${bytes}`]: latency.p99 });
    }
    return numbers;
  });
}

const closedLoop = (scenario, times) => (competitor) => withServer(competitor, (server) => question(server, scenario, times));

async function question(server, scenario, times) {
  const { latency, cpu } = await load(server, { scenario, times });
  return { p50: latency.p50, p99: latency.p99, cpu };
}

const storm = (clients) => (competitor) =>
  withServer(competitor, async (server) => {
    const { seconds, bytes, cpuSeconds } = await load(server, { scenario: 'storm', clients });
    return { seconds, bytes, cpuSeconds };
  });

const idle = (seconds) => (competitor) =>
  withServer(competitor, (server) => load(server, { scenario: 'idle', clients: 500, seconds }));

const wake = (times) => (competitor) =>
  withServer(competitor, async (server) => {
    const { latency } = await load(server, { scenario: 'wake', clients: 1, times }, () => pause(sleepMs));
    return { p50: latency.p50 };
  });

const login = (times) => (competitor) =>
  withServer(competitor, async (server) => {
    const { latency, cpu } = await load(server, { scenario: 'login', times });
    return { p50: latency.p50, cpu: cpu / 1000 };
  });

const polling = (seconds) => (competitor) =>
  withServer(competitor, async (server) => {
    const { cpuPerDelivery, latency } = await load(server, { scenario: 'polling', clients: 50, seconds });
    return { cpu: cpuPerDelivery, p99: latency.p99 };
  });

/** What is uploaded for Natter, compressed, in bytes. */
export function uploadBytes() {
  const files = ['index.js', 'index_bg.wasm'].map((name) => readFileSync(join(root, 'build', name)));
  return files.reduce((sum, bytes) => sum + gzipSync(bytes).length, 0);
}
