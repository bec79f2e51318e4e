// npm run bench [-- --quick]: measures Natter beside the platform's floor, the Node server it replaces and a Rust server, in one
// run. Prints the table, and writes it to target/bench/results with all numbers as JSON and a plot.
import './lib/node-version.mjs';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, type } from 'node:os';
import { join } from 'node:path';
import { bench, competitors, targetDir } from '../tests/bench/lib/competitors.mjs';
import { plot } from '../tests/bench/lib/plot.mjs';
import { scenarios } from '../tests/bench/lib/scenarios.mjs';
import { median } from '../tests/bench/lib/statistics.mjs';
import { figures, figuresTable, notes, table } from '../tests/bench/lib/table.mjs';
import { mustRun } from './lib/command.mjs';
import { setUp } from './lib/setup.mjs';
import { Refusal, script, step } from './lib/steps.mjs';
import { uploadBytes } from './lib/upload.mjs';
import { buildWorker } from './lib/worker-build.mjs';

const results = join(targetDir, 'results');

await script(async () => {
  const wishes = process.argv.slice(2);
  const unknown = wishes.find((wish) => wish !== '--quick');
  if (unknown) throw new Refusal(`There is no option "${unknown}"; there is --quick.`);
  const quick = wishes.includes('--quick');

  await setUp();
  await step('Worker', buildWorker);
  await step('programs of the benchmark', () => mustRun('cargo', ['build', '--locked', '--release'], { cwd: bench, env: { CARGO_TARGET_DIR: targetDir } }));
  await step('packages of the Node server', () => mustRun('npm', ['ci'], { cwd: join(bench, 'node') }));

  const measured = {};
  for (const scenario of scenarios(quick)) {
    await step(scenario.name, async () => {
      measured[scenario.name] = await measure(scenario);
    });
  }

  const medians = Object.fromEntries(Object.entries(measured).map(([name, rounds]) => [name, summary(rounds)]));
  const list = figures(medians, await uploadBytes());
  const text = [machine(), table(medians), notes(medians), figuresTable(list)].join('\n\n');
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, 'results.json'), JSON.stringify({ machine: machine(), quick, figures: list, medians, measured }, null, 2));
  writeFileSync(join(results, 'results.md'), `${text}\n`);
  writeFileSync(join(results, 'fan-out.svg'), plot(medians));
  console.log(`\n${text}\n\nIn ${results}: results.md, results.json, fan-out.svg.`);
});

/** Returns the rounds of every competitor: its numbers, `{ error }`, or a single `{ lacking }` with the reason it takes no part. */
async function measure({ run, rounds, needs, together }) {
  const taking = competitors.filter(({ lacks }) => !lacks[needs]);
  const measured = Object.fromEntries(competitors.map(({ name, lacks }) => [name, lacks[needs] ? [{ lacking: lacks[needs] }] : []]));
  const once = async (competitor) => {
    try {
      measured[competitor.name].push(await run(competitor));
    } catch (error) {
      measured[competitor.name].push({ error: error.message });
    }
  };
  for (let round = 0; round < rounds; round += 1) {
    // Rotates the order, so that no competitor always follows a heavy one.
    const turn = taking.map((_, place) => taking[(place + round) % taking.length]);
    if (together) await Promise.all(turn.map(once));
    else for (const competitor of turn) await once(competitor);
  }
  return measured;
}

/** Returns the medians of each competitor's numbers. One failed round makes the whole result a failure. */
function summary(measured) {
  return Object.fromEntries(
    Object.entries(measured).map(([name, rounds]) => {
      const without = rounds.find(({ error, lacking }) => error || lacking);
      if (without) return [name, without];
      return [name, Object.fromEntries(Object.keys(rounds[0]).map((key) => [key, median(rounds.map((round) => round[key]))]))];
    }),
  );
}

function machine() {
  const [, system] = /^PRETTY_NAME="(.+)"$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [];
  const [version] = /^\d+\.\d+/.exec(release()) ?? [release()];
  return `${cpus()[0].model}, ${cpus().length} cores, ${system ?? type()}, ${type()} ${version}`;
}
