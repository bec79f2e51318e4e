// The measurements. `run` takes a competitor and resolves to one round's numbers by name; the table shows their medians. Competitors
// that lack the feature in `needs` take no part.
import { flood, floodVars, strangers } from './fairness.mjs';
import { withHistory } from './history.mjs';
import { load } from './load.mjs';

/**
 * The phases of a fan-out by name: the length of the texts in bytes, and the total deliveries per second. All servers keep up with
 * the first two. The third needs less than 25 µs per delivery.
 */
export const phases = {
  short: { bytes: 64, deliveries_per_second: 15_000 },
  long: { bytes: 4000, deliveries_per_second: 5000 },
  rush: { bytes: 64, deliveries_per_second: 40_000 },
};

/** Returns all scenarios in the order of the table, reduced for a quick run. */
export function scenarios(quick) {
  const rounds = quick ? 1 : 3;
  return [
    { name: 'start', rounds: quick ? 3 : 7, run: (competitor) => withServer(competitor, start) },
    ...(quick ? [100, 500] : [100, 500, 1000, 5000]).map((clients) => ({
      name: `fan-out ${clients}`,
      rounds: clients === 1000 ? 2 : rounds,
      needs: clients > 1000 ? 'crowds' : undefined,
      run: fanOut(clients, clients === 500 ? ['short', 'long', 'rush'] : ['short', 'long'], quick ? 1 : 1.5),
    })),
    { name: 'send', rounds, run: closedLoop('send', quick ? 300 : 1000) },
    { name: 'storm', needs: 'presence', rounds, run: storm(quick ? 300 : 1000) },
    { name: 'idle', rounds: quick ? 1 : 2, together: true, run: idle(quick ? 27 : 52) },
    { name: 'wake', needs: 'sleep', rounds, run: closedLoop('wake', quick ? 10 : 30) },
    { name: 'login', needs: 'accounts', rounds, run: closedLoop('login', quick ? 5 : 10) },
    { name: 'flood', needs: 'limits', rounds: 1, run: (competitor) => withServer(competitor, (server) => flood(server, quick ? 6 : 12), { vars: floodVars }) },
    { name: 'strangers', needs: 'limits', rounds: 1, run: (competitor) => withServer(competitor, (server) => strangers(server, quick ? 30 : 200)) },
    { name: 'polling', needs: 'polling', rounds, run: polling(quick ? 1 : 2) },
    ...(quick ? [1000] : [1000, 1_000_000]).map((messages) => ({
      name: `history ${messages}`,
      needs: 'history',
      rounds: 1,
      run: (competitor) => withHistory(competitor, messages, (server) => question(server, 'history', 300)),
    })),
  ];
}

async function withServer(competitor, use, options) {
  const server = await competitor.start(options);
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

const start = ({ coldStart, startUp }) => ({ coldStart, startUp });

const fanOut = (clients, names, seconds) => (competitor) =>
  withServer(competitor, async (server) => {
    const result = await load(server, { scenario: 'fan_out', clients, phases: names.map((name) => phases[name]), seconds });
    const numbers = {};
    result.phases.forEach(({ cpuPerDelivery, latency }, index) => {
      const name = names[index];
      Object.assign(numbers, { [`${name} cpu`]: cpuPerDelivery, [`${name} p50`]: latency.p50, [`${name} p99`]: latency.p99 });
    });
    return numbers;
  });

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

const polling = (seconds) => (competitor) =>
  withServer(competitor, async (server) => {
    const { cpuPerDelivery, latency } = await load(server, { scenario: 'polling', clients: 50, seconds });
    return { cpu: cpuPerDelivery, p99: latency.p99 };
  });
