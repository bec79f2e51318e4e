// The results as a table, and the figures to reach.
import { competitors } from './competitors.mjs';
import { shortDeliveries } from './scenarios.mjs';

const number = (value) => (value === undefined ? '–' : value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3));

/** The rows of the table: a title, and where its numbers are. */
function rows(results) {
  const fanOuts = Object.keys(results).filter((name) => name.startsWith('fan-out'));
  const of = (size) => [
    ...fanOuts.map((name) => [`${name} clients, ${size} B: server CPU per delivery, µs`, name, `cpu ${size}`]),
    ...fanOuts.map((name) => [`${name} clients, ${size} B: p50, ms`, name, `p50 ${size}`]),
    ...fanOuts.map((name) => [`${name} clients, ${size} B: p99, ms`, name, `p99 ${size}`]),
  ];
  return [
    ...of(64),
    ...of(4000),
    ['send with ack, one client: p50, ms', 'send', 'p50'],
    ['send with ack, one client: server CPU, µs', 'send', 'cpu'],
    ['storm until all know all, s', 'storm', 'seconds'],
    ['storm: bytes received, MB', 'storm', 'bytes', 1e-6],
    ['storm: server CPU, s', 'storm', 'cpuSeconds'],
    ['idle: server CPU per client and minute, µs', 'idle', 'cpuPerClientMinute'],
    ['idle: memory per connection, KB', 'idle', 'memoryPerClient', 1e-3],
    ['first message after 13 s of silence: p50, ms', 'wake', 'p50'],
    ['login: p50, ms', 'login', 'p50'],
    ['login: server CPU, ms', 'login', 'cpu'],
    ['50 polling clients: server CPU per delivery, µs', 'polling', 'cpu'],
    ['50 polling clients: p99, ms', 'polling', 'p99'],
    ...Object.keys(results).filter((name) => name.startsWith('history')).map((name) => [`50 newest of ${name.split(' ')[1]} messages: p50, ms`, name, 'p50']),
    ['cold start until the first answer, ms', 'start', 'coldStart'],
    ['server CPU until the first answer, ms', 'start', 'startUp'],
  ];
}

/** The table in Markdown. Each number is followed by its ratio to that of the floor with INSERT, or else of Natter. */
export function table(results) {
  const lines = [['', ...competitors.map(({ title }) => title)], ['---', ...competitors.map(() => '---:')]];
  for (const [title, scenario, key, scale = 1] of rows(results)) {
    const values = competitors.map(({ name }) => results[scenario]?.[name]);
    const base = results[scenario]?.durable?.[key] ?? results[scenario]?.natter?.[key];
    const cells = values.map((value) => {
      if (value?.error) return `failed (${value.error.replaceAll('|', '/').slice(0, 60)})`;
      if (value?.[key] === undefined) return '–';
      return `${number(value[key] * scale)} (${(value[key] / base).toFixed(2)}×)`;
    });
    lines.push([title, ...cells]);
  }
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The figures to reach, as `{ title, value, goal, reached }`, where `value` is undefined if it could not be measured. */
export function figures(results, upload) {
  const ratio = (scenario, key, a, b) => {
    const [over, under] = [results[scenario]?.[a]?.[key], results[scenario]?.[b]?.[key]];
    return over === undefined || under === undefined ? undefined : over / under;
  };
  const growth = (name) => {
    const [few, many] = ['fan-out 100', 'fan-out 5000'].map((scenario) => results[scenario]?.[name]?.['cpu 64']);
    return few && many && many / few;
  };
  // A server that cannot keep up only shows how long the run was.
  const keepsUp = ['natter', 'durable'].every((name) => results['fan-out 500']?.[name]?.['cpu 64'] * shortDeliveries < 1e6);
  const startUp = ['natter', 'floor'].map((name) => results.start?.[name]?.startUp);
  const list = [
    ['server CPU per delivery, 500 clients, to the floor with INSERT', ratio('fan-out 500', 'cpu 64', 'natter', 'durable'), 1.1],
    ['p99 at 40,000 deliveries/s, 500 clients, to the floor with INSERT, where both keep up', keepsUp ? ratio('fan-out 500', 'p99 64', 'natter', 'durable') : undefined, 1.25],
    ['durable send with ack, p50, to the floor with INSERT', ratio('send', 'p50', 'natter', 'durable'), 1.15],
    ['storm: time to that of the Node server', ratio('storm', 'seconds', 'natter', 'node'), 1],
    ['storm: bytes to those of the Node server', ratio('storm', 'bytes', 'natter', 'node'), 0.02],
    ['server CPU per idle client, to the Node server', ratio('idle', 'cpuPerClientMinute', 'natter', 'node'), 0.2],
    ['memory per idle connection, to the floor', ratio('idle', 'memoryPerClient', 'natter', 'floor'), 1.15],
    ['upload, KB gzip', upload / 1000, 300],
    ['start-up CPU beyond the floor\'s, ms', startUp.every((value) => value !== undefined) ? startUp[0] - startUp[1] : undefined, 15],
    ['growth of CPU per delivery from 100 to 5,000 clients, to the floor\'s', growth('natter') && growth('floor') && growth('natter') / growth('floor'), 1.2],
  ];
  return list.map(([title, value, goal]) => ({ title, value, goal, reached: value === undefined ? undefined : value <= goal }));
}

/** The figures to reach in Markdown. */
export function figuresTable(list) {
  const verdict = (reached) => (reached === undefined ? 'not measured' : reached ? 'reached' : '**missed**');
  const lines = list.map(({ title, value, goal, reached }) => `| ${title} | ${value?.toPrecision(3) ?? '–'} | ≤ ${goal} | ${verdict(reached)} |`);
  return ['| figure | this run | goal | |', '| --- | ---: | ---: | --- |', ...lines].join('\n');
}
