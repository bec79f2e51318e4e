// npm run bench [-- --quick]: Natter beside the floor of the platform, the Node server that it replaces and a Rust server, all
// measured in one run. The table goes to the terminal; it, all numbers as JSON and a plot go to target/bench/results.
import './lib/node-version.mjs';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, type } from 'node:os';
import { join } from 'node:path';
import { bench, competitors, targetDir } from '../tests/bench/lib/competitors.mjs';
import { plot } from '../tests/bench/lib/plot.mjs';
import { scenarios, uploadBytes } from '../tests/bench/lib/scenarios.mjs';
import { median } from '../tests/bench/lib/statistics.mjs';
import { figures, figuresTable, table } from '../tests/bench/lib/table.mjs';
import { run, saysOffline } from './lib/command.mjs';
import { setUp } from './lib/setup.mjs';
import { Refusal, script, step } from './lib/steps.mjs';
import { buildWorker } from './lib/worker-build.mjs';

const results = join(targetDir, 'results');

await script(async () => {
  const wishes = process.argv.slice(2);
  const unknown = wishes.find((wish) => wish !== '--quick');
  if (unknown) throw new Refusal(`There is no option "${unknown}"; there is --quick.`);
  const quick = wishes.includes('--quick');

  const toolchain = await setUp();
  await step('Worker', (announce) => buildWorker({ toolchain }, announce));
  await step('programs of the benchmark', () => mustRun('cargo', ['build', '--locked', '--release'], bench, { CARGO_TARGET_DIR: targetDir }));
  await step('packages of the Node server', () => mustRun('npm', ['ci'], join(bench, 'node')));

  const measured = {};
  for (const scenario of scenarios(quick)) {
    await step(scenario.name, async () => {
      measured[scenario.name] = await measure(scenario);
    });
  }

  const medians = Object.fromEntries(Object.entries(measured).map(([name, rounds]) => [name, summary(rounds)]));
  const list = figures(medians, uploadBytes());
  const text = `${machine()}\n\n${table(medians)}\n\n${figuresTable(list)}\n`;
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, 'results.json'), JSON.stringify({ machine: machine(), quick, figures: list, medians, measured }, null, 2));
  writeFileSync(join(results, 'results.md'), text);
  writeFileSync(join(results, 'fan-out.svg'), plot(medians));
  console.log(`\n${text}\nIn ${results}: results.md, results.json, fan-out.svg.`);
});

/** The rounds of every competitor that takes part: its numbers, or `{ error }`. */
async function measure({ run, rounds, lacks, together }) {
  const taking = competitors.filter((competitor) => !competitor.lacks.includes(lacks));
  const measured = Object.fromEntries(taking.map(({ name }) => [name, []]));
  const once = async (competitor) => {
    try {
      const numbers = await run(competitor);
      if (numbers) measured[competitor.name].push(numbers);
    } catch (error) {
      measured[competitor.name].push({ error: error.message });
    }
  };
  for (let round = 0; round < rounds; round += 1) {
    // Each is the first once, so that whoever comes after a heavy one is not always the same.
    const turn = taking.map((_, place) => taking[(place + round) % taking.length]);
    if (together) await Promise.all(turn.map(once));
    else for (const competitor of turn) await once(competitor);
  }
  return measured;
}

/** The medians of each competitor's numbers. A round that failed is not left out: it is what there is to say. */
function summary(measured) {
  return Object.fromEntries(
    Object.entries(measured).map(([name, rounds]) => {
      const failed = rounds.find(({ error }) => error);
      if (failed) return [name, failed];
      const keys = Object.keys(rounds[0] ?? {});
      return [name, Object.fromEntries(keys.map((key) => [key, median(rounds.map((round) => round[key]))]))];
    }),
  );
}

function machine() {
  const [, system] = /^PRETTY_NAME="(.+)"$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [];
  return `${cpus()[0].model}, ${cpus().length} cores, ${system ?? type()}, ${type()} ${release()}`;
}

async function mustRun(program, args, cwd, env) {
  const { code, output } = await run(program, args, { cwd, env });
  if (code !== 0 && saysOffline(output)) {
    throw new Refusal('The benchmark needs packages that have to be fetched once: connect to the network and run the command again.', { log: output });
  }
  if (code !== 0) throw new Refusal(`${program} ${args.join(' ')} failed in ${cwd}.`, { log: output });
}
