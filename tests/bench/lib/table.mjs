// Formats the results as a table, and checks the goals.
import { competitors } from './competitors.mjs';
import { phases } from './scenarios.mjs';

const number = (value) => (value === undefined ? '–' : value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3));

/** The rows of the table: a title, the place of its numbers, and the factor to the title's unit. */
function rows(results) {
  const fanOuts = Object.keys(results).filter((name) => name.startsWith('fan-out'));
  const of = (phase) => {
    const { bytes, deliveries_per_second: rate } = phases[phase];
    const have = fanOuts.filter((name) => competitors.some((competitor) => results[name][competitor.name]?.[`${phase} cpu`]));
    const title = (name) => `${name} clients, ${bytes} B, ${rate.toLocaleString('en')}/s`;
    return [
      ...have.map((name) => [`${title(name)}: server CPU per delivery, µs`, name, `${phase} cpu`]),
      ...have.map((name) => [`${title(name)}: p50, ms`, name, `${phase} p50`]),
      ...have.map((name) => [`${title(name)}: p99, ms`, name, `${phase} p99`]),
    ];
  };
  return [
    ...Object.keys(phases).flatMap(of),
    ['send with ack, one client: p50, ms', 'send', 'p50'],
    ['send with ack, one client: p99, ms', 'send', 'p99'],
    ['send with ack, one client: server CPU, µs', 'send', 'cpu'],
    ['storm until all are up to date, s', 'storm', 'seconds'],
    ['storm: bytes received, MB', 'storm', 'bytes', 1e-6],
    ['storm: server CPU, s', 'storm', 'cpuSeconds'],
    ['idle: server CPU per client and minute, µs', 'idle', 'cpuPerClientMinute'],
    ['idle: memory per connection, KB', 'idle', 'memoryPerClient', 1e-3],
    ['first message after sleep: p50, ms', 'wake', 'p50'],
    ['first message after sleep: server CPU, µs', 'wake', 'cpu'],
    ['login: p50, ms', 'login', 'p50'],
    ['login: server CPU, ms', 'login', 'cpu', 1e-3],
    ['from sending to receiving: p50, ms', 'flood', 'calm'],
    ['the same while another user floods the room: p50, ms', 'flood', 'flooded'],
    ['refused login of an existing user: p50, ms', 'strangers', 'known'],
    ['refused login of a missing user: p50, ms', 'strangers', 'unknown'],
    ['50 polling clients: server CPU per delivery, µs', 'polling', 'cpu'],
    ['50 polling clients: p99, ms', 'polling', 'p99'],
    ...Object.keys(results)
      .filter((name) => name.startsWith('history'))
      .map((name) => [`50 newest of ${Number(name.split(' ')[1]).toLocaleString('en')} messages: p50, ms`, name, 'p50']),
    ['cold start until the first answer, ms', 'start', 'coldStart'],
    ['server CPU until the first answer, ms', 'start', 'startUp'],
  ];
}

/** Formats the table in Markdown. Each number has its ratio to the floor with INSERT or, without that, to Natter. */
export function table(results) {
  const lines = [['', ...competitors.map(({ title }) => title)], ['---', ...competitors.map(() => '---:')]];
  for (const [title, scenario, key, scale = 1] of rows(results)) {
    const values = competitors.map(({ name }) => results[scenario]?.[name]);
    const base = results[scenario]?.durable?.[key] ?? results[scenario]?.natter?.[key];
    const cells = values.map((value) => {
      if (value?.error) return 'failed';
      if (value?.[key] === undefined) return '–';
      return `${number(value[key] * scale)} (${(value[key] / base).toFixed(2)}×)`;
    });
    lines.push([title, ...cells]);
  }
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Lists the reasons for cells without numbers, in Markdown. */
export function notes(results) {
  const reasons = new Map();
  for (const [scenario, byName] of Object.entries(results)) {
    for (const { name, title } of competitors) {
      const { error, lacking } = byName[name] ?? {};
      if (!error && !lacking) continue;
      const reason = error ? `failed: ${error}` : `not measured, because ${lacking}`;
      const { titles, scenarios } = reasons.get(reason) ?? { titles: new Set(), scenarios: new Set() };
      reasons.set(reason, { titles: titles.add(title), scenarios: scenarios.add(scenario) });
    }
  }
  const list = (names) => [...names].join(', ');
  return [...reasons].map(([reason, { titles, scenarios }]) => `- ${list(titles)} in ${list(scenarios)}: ${reason}.`).join('\n');
}

/**
 * Returns the goals as `{ title, value, goal, reached }`. `value` and `reached` are undefined without a measurement.
 */
export function figures(results, upload) {
  const ratio = (scenario, key, a, b) => {
    const [over, under] = [results[scenario]?.[a]?.[key], results[scenario]?.[b]?.[key]];
    return over === undefined || under === undefined ? undefined : over / under;
  };
  const growth = (name) => {
    const [few, many] = ['fan-out 100', 'fan-out 5000'].map((scenario) => results[scenario]?.[name]?.['short cpu']);
    return few && many && many / few;
  };
  // A room has one thread. Above this cost per delivery it falls behind, and the latencies are those of a queue.
  const mostMicros = 1e6 / phases.rush.deliveries_per_second;
  const behind = ['natter', 'durable'].some((name) => results['fan-out 500']?.[name]?.['rush cpu'] > mostMicros);
  const startUp = ['natter', 'floor'].map((name) => results.start?.[name]?.startUp);
  const list = [
    ['server CPU per delivery, 500 clients, to the floor with INSERT', ratio('fan-out 500', 'short cpu', 'natter', 'durable'), 1.1],
    ['p99 at 15,000 deliveries/s, 500 clients, to the floor with INSERT', ratio('fan-out 500', 'short p99', 'natter', 'durable'), 1.25],
    [`p99 at 40,000 deliveries/s, 500 clients, to the floor with INSERT${behind ? ' (they do not keep up: queues)' : ''}`, ratio('fan-out 500', 'rush p99', 'natter', 'durable'), 1.25],
    ['durable send with ack, p50, to the floor with INSERT', ratio('send', 'p50', 'natter', 'durable'), 1.15],
    ['storm: time to that of the Node server', ratio('storm', 'seconds', 'natter', 'node'), 1],
    ['storm: bytes to those of the Node server', ratio('storm', 'bytes', 'natter', 'node'), 0.02],
    ['from sending to hearing while another user floods the room, to without', results.flood?.natter?.ratio, 2],
    ['refused logins of an existing and a missing user, the longer to the shorter', results.strangers?.natter?.ratio, 1.05],
    ['server CPU per idle client, to the Node server', ratio('idle', 'cpuPerClientMinute', 'natter', 'node'), 0.2],
    ['memory per idle connection, to the floor', ratio('idle', 'memoryPerClient', 'natter', 'floor'), 1.15],
    ['upload, KB gzip', upload && upload / 1000, 340],
    ['start-up CPU beyond the floor\'s, ms', startUp.every((value) => value !== undefined) ? startUp[0] - startUp[1] : undefined, 15],
    ['growth of CPU per delivery from 100 to 5,000 clients, to the floor\'s', growth('natter') && growth('floor') && growth('natter') / growth('floor'), 1.2],
  ];
  return list.map(([title, value, goal]) => ({ title, value, goal, reached: value === undefined ? undefined : value <= goal }));
}

/** Formats the goals in Markdown. */
export function figuresTable(list) {
  const verdict = (reached) => (reached === undefined ? 'not measured' : reached ? 'reached' : '**missed**');
  const lines = list.map(({ title, value, goal, reached }) => `| ${title} | ${value?.toPrecision(3) ?? '–'} | ≤ ${goal} | ${verdict(reached)} |`);
  return ['| figure | this run | goal | |', '| --- | ---: | ---: | --- |', ...lines].join('\n');
}
