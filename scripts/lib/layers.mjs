// The layers of the test suite, in running order. Each `run` resolves to `{ passed, failed, skipped, detail }`.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './command.mjs';
import { requireChromium } from './chromium.mjs';
import { cargoCounts, tapCounts } from './counts.mjs';
import { nodeModules, projectNode, root } from './paths.mjs';
import { wasmTarget } from './rust.mjs';
import { uploadBytes } from './upload.mjs';
import { buildWeb } from './web-build.mjs';
import { buildConformanceWorker, buildExamples, buildWorker } from './worker-build.mjs';
import { wranglerEnv } from './wrangler.mjs';

/** Limits the compressed upload, because every byte delays a cold start. Cloudflare's own limit on the free plan is 3 MB. */
const uploadBudgetBytes = 332_000;
/** Limits one test and one layer. Both are generous: they only keep a hanging test from stalling the run. */
const testLimitMs = 300_000;
const nodeTestsLimitMs = 1_800_000;

export const layers = [
  {
    name: 'format',
    title: 'formatting (cargo fmt)',
    // `cargo fmt` does not find modules that a macro declares, so every file is named.
    run: () => check('cargo', ['fmt', '--all', '--check', '--', ...rustFiles('src')]),
  },
  {
    name: 'clippy',
    title: 'lints on the host (cargo clippy)',
    run: () => check('cargo', ['clippy', '--locked', '--workspace', '--all-targets', '--', '-D', 'warnings']),
  },
  {
    name: 'clippy-wasm',
    title: `lints on ${wasmTarget} (cargo clippy)`,
    run: () => check('cargo', ['clippy', '--locked', '--workspace', '--lib', '--target', wasmTarget, '--', '-D', 'warnings']),
  },
  {
    name: 'docs',
    title: 'documentation (cargo doc)',
    run: () => check('cargo', ['doc', '--locked', '--workspace', '--exclude', 'natter-conformance', '--exclude', 'natter-examples', '--no-deps'], { RUSTDOCFLAGS: '-D warnings' }),
  },
  {
    name: 'types',
    title: 'types of the web client (tsc)',
    run: () => check(projectNode, [join(nodeModules, 'typescript', 'bin', 'tsc'), '--project', join(root, 'web')]),
  },
  { name: 'native', title: 'native tests (cargo test)', run: nativeTests },
  { name: 'web', title: 'web client without a browser (node --test)', run: () => nodeTests('web') },
  { name: 'build', title: 'Workers and web client (release builds)', run: buildAll },
  { name: 'upload', title: 'upload (wrangler deploy --dry-run)', needsBuild: true, run: uploadSize },
  { name: 'worker', title: 'Worker tests (node --test, in workerd)', needsBuild: true, run: () => nodeTests('worker') },
  { name: 'browser', title: 'web client (node --test, in Chromium)', needsBuild: true, run: browserTests },
  { name: 'clients', title: 'other clients (node --test)', needsBuild: true, run: () => nodeTests('clients') },
  { name: 'faults', title: 'kills and evictions (node --test)', needsBuild: true, run: () => nodeTests('faults', { atOnce: 1 }) },
  // These measure seconds and memory, so nothing runs beside them.
  { name: 'protocol', title: 'panics and memory (node --test)', needsBuild: true, run: () => nodeTests('protocol', { atOnce: 1 }) },
];

// The output goes through a pipe, so programs would leave out their colours.
const coloured = (variable, value) => (process.stdout.isTTY && !process.env.NO_COLOR ? { [variable]: value } : {});
const cargoColour = coloured('CARGO_TERM_COLOR', 'always');

/** Runs a check that counts as one test. */
async function check(program, args, env = {}) {
  const { code } = await run(program, args, { env: { ...cargoColour, ...env }, show: true });
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

function rustFiles(folder) {
  return readdirSync(join(root, folder), { recursive: true }).filter((file) => file.endsWith('.rs')).map((file) => join(folder, file));
}

async function nativeTests() {
  const { code, output } = await run('cargo', ['test', '--locked', '--workspace', '--no-fail-fast'], { env: cargoColour, show: true });
  return judged(code, cargoCounts(output));
}

async function buildAll() {
  const announce = (what) => console.log(`${what} …`);
  const detail = await buildWorker(announce);
  console.log(`the chat server: ${detail}`);
  console.log(`the conformance worker: ${await buildConformanceWorker(announce)}`);
  console.log(`the examples: ${await buildExamples(announce)}`);
  console.log(`the web client: ${await buildWeb(announce)}`);
  return { passed: 4, failed: 0, skipped: 0, detail };
}

async function browserTests() {
  await requireChromium((what) => console.log(`${what} …`));
  return nodeTests('browser');
}

/** Runs the test files in this folder of `tests`, each in its own process. */
async function nodeTests(name, { atOnce = 2 } = {}) {
  const folder = join(root, 'tests', name);
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.test.mjs')) : [];
  if (files.length === 0) return { passed: 0, failed: 1, skipped: 0, detail: 'no test files' };
  const scratch = mkdtempSync(join(tmpdir(), 'natter-tests-'));
  try {
    const report = join(scratch, `${name}.tap`);
    const { code } = await run(
      projectNode,
      [
        '--test',
        `--test-concurrency=${atOnce}`,
        `--test-timeout=${testLimitMs}`,
        '--test-reporter=spec',
        '--test-reporter-destination=stdout',
        '--test-reporter=tap',
        `--test-reporter-destination=${report}`,
        ...files.map((file) => join(folder, file)),
      ],
      { env: { ...wranglerEnv, ...coloured('FORCE_COLOR', '1') }, show: true, limitMs: nodeTestsLimitMs },
    );
    return judged(code, tapCounts(existsSync(report) ? readFileSync(report, 'utf8') : ''));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Counts a runner as a failure if it broke without a failed test, or passed without running one. */
function judged(code, counts) {
  if (code !== 0 && counts.failed === 0) return { ...counts, failed: 1, detail: `the runner ended with code ${code}` };
  if (code === 0 && counts.passed === 0) return { ...counts, failed: 1, detail: 'no test ran' };
  return counts;
}

async function uploadSize() {
  const bytes = await uploadBytes({ show: true });
  if (bytes === undefined) return { passed: 0, failed: 1, skipped: 0, detail: 'the dry run failed' };
  const detail = `${Math.round(bytes / 1000)} kB compressed, of ${uploadBudgetBytes / 1000} kB at most`;
  return bytes <= uploadBudgetBytes ? { passed: 1, failed: 0, skipped: 0, detail } : { passed: 0, failed: 1, skipped: 0, detail };
}
