// npm run fuzz -- [--seconds N] [target…]: lets libFuzzer search for inputs that break the core, N seconds for each target. The
// targets and their seeds are in tests/fuzz; the inputs it discovers stay in the target directory.
import './lib/node-version.mjs';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run, saysOffline } from './lib/command.mjs';
import { root } from './lib/paths.mjs';
import { requireRust } from './lib/rust.mjs';
import { Refusal, explain, script, step } from './lib/steps.mjs';

const defaultSeconds = 60;
const targets = {
  engine_packet: [],
  engine_payload: [],
  socket_packet: [],
  // Longer scripts reach no more code than short ones, and run slowly.
  operations: ['-max_len=600'],
};

const crate = join(root, 'tests', 'fuzz');
const targetDir = resolve(root, process.env.CARGO_TARGET_DIR || join('target', 'fuzz'));

// Coverage for libFuzzer. A sanitizer would need a nightly toolchain, and finds only what safe Rust rules out.
const instrumentation = [
  '--cfg fuzzing',
  '-Cpasses=sancov-module',
  '-Cllvm-args=-sanitizer-coverage-level=4',
  '-Cllvm-args=-sanitizer-coverage-inline-8bit-counters',
  '-Cllvm-args=-sanitizer-coverage-pc-table',
  '-Cllvm-args=-sanitizer-coverage-trace-compares',
  '-Cllvm-args=-simplifycfg-branch-fold-threshold=0',
].join(' ');

await script(async () => {
  const { seconds, chosen } = wishes(process.argv.slice(2));
  await step('Rust', requireRust);
  let programs;
  await step('fuzz targets', async () => {
    programs = await build();
  });

  let failed = 0;
  for (const target of chosen) {
    try {
      await step(target, (announce) => {
        announce(`for ${seconds} s`);
        return fuzz(target, join(programs, target), seconds);
      });
    } catch (error) {
      explain(error);
      failed += 1;
    }
  }
  console.log(`\n${chosen.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
});

function wishes(args) {
  const names = [...args];
  let seconds = defaultSeconds;
  const option = names.findIndex((name) => /^--seconds(=|$)/.test(name));
  if (option >= 0) {
    const given = names[option].split('=')[1];
    const value = given ?? names[option + 1];
    if (!/^[1-9]\d*$/.test(value ?? '')) throw new Refusal('--seconds needs a whole number above 0, as in npm run fuzz -- --seconds 60.');
    seconds = Number(value);
    names.splice(option, given === undefined ? 2 : 1);
  }
  const unknown = names.find((name) => !Object.hasOwn(targets, name));
  if (unknown) throw new Refusal(`There is no target "${unknown}"; there are ${Object.keys(targets).join(', ')}.`);
  return { seconds, chosen: Object.keys(targets).filter((name) => names.length === 0 || names.includes(name)) };
}

/** Compiles the targets. Resolves to their folder. */
async function build() {
  const { stdout: compiler } = await run('rustc', ['-vV']);
  const host = /^host: (.+)$/m.exec(compiler)[1];
  // An explicit target keeps the instrumentation out of build scripts and macros.
  const args = ['build', '--locked', '--release', '--target', host];
  const { code, output } = await run('cargo', args, {
    cwd: crate,
    env: { CARGO_TARGET_DIR: targetDir, RUSTFLAGS: instrumentation },
    show: true,
  });
  if (code !== 0 && saysOffline(output)) {
    throw new Refusal('cargo cannot reach crates.io to download the crates of tests/fuzz: connect to the network and run the command again.');
  }
  if (code !== 0 && /failed to find tool|is `\S+` installed/i.test(output)) {
    throw new Refusal('libFuzzer needs a C++ compiler: install one and run the command again.');
  }
  if (code !== 0) throw new Refusal("The fuzz targets do not compile; see the compiler's output above.");
  return join(targetDir, host, 'release');
}

/** Fuzzes one target. Resolves to a summary; a refusal names the input that broke the target. */
async function fuzz(target, program, seconds) {
  const learned = join(targetDir, 'corpus', target);
  const findings = join(targetDir, 'findings', target);
  for (const folder of [learned, findings]) mkdirSync(folder, { recursive: true });
  const { code, output } = await run(program, [
    `-max_total_time=${seconds}`,
    // The limit for one input, in seconds.
    '-timeout=10',
    '-print_final_stats=1',
    `-artifact_prefix=${findings}/`,
    ...targets[target],
    // libFuzzer writes into the first folder.
    learned,
    join(crate, 'corpus', target),
  ]);
  const log = output.split('\n').filter((line) => !/^#\d+\s/.test(line)).join('\n');
  const [, finding] = /Test unit written to (.+)/.exec(output) ?? [];
  if (finding) {
    throw new Refusal(`${target} breaks on ${finding}: move that file into tests/fuzz/corpus/${target}, where the native tests replay it.`, { log });
  }
  const executions = Number(/number_of_executed_units: (\d+)/.exec(output)?.[1] ?? 0);
  if (code !== 0 || executions === 0) throw new Refusal(`${target} ended with code ${code}; see its output above.`, { log });
  const [, edges] = output.match(/cov: (\d+)/g)?.at(-1).split(' ') ?? [];
  return `${executions.toLocaleString('en')} executions, ${edges} edges`;
}
