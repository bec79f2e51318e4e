// Compiles a crate to a Worker: wasm, and the JavaScript around it.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { run, saysOffline } from './command.mjs';
import { fingerprint } from './fingerprint.mjs';
import { root } from './paths.mjs';
import { compilerIdentity } from './rust.mjs';
import { Refusal } from './steps.mjs';
import { toolEnvironment, toolPath } from './wasm-tools.mjs';

const conformanceDir = join(root, 'tests', 'conformance');

/**
 * Builds the crate in `crateDir` into `outDir`, unless its inputs are those of the last build. The Worker is then `index.js`
 * in that folder. Resolves to a description for the step's line.
 */
export async function buildWorker(
  announce,
  { crateDir = join(root, 'crates', 'worker'), outDir = join(root, 'build'), profile = {} } = {},
) {
  const stamp = join(outDir, '.inputs');
  const inputs = await inputsOf(crateDir, profile);
  if (existsSync(join(outDir, 'index.js')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) {
    return `up to date, ${sizes(outDir)}`;
  }

  rmSync(stamp, { force: true });
  announce('compiling');
  const args = ['--release', '--out-dir', relative(crateDir, outDir), '--locked'];
  const env = {
    // All crates share one target directory, so that cargo compiles their common dependencies once.
    CARGO_TARGET_DIR: process.env.CARGO_TARGET_DIR ?? join(root, 'target'),
    ...toolEnvironment(),
    ...profile,
    // Otherwise worker-build prints a backtrace of its own below the compiler's errors.
    RUST_BACKTRACE: '0',
  };
  const { code, output } = await run(toolPath('worker-build'), args, { cwd: crateDir, env });
  if (code !== 0 && saysOffline(output)) {
    throw new Refusal('cargo cannot reach crates.io to download crates: connect to the network and run the command again.');
  }
  if (code !== 0) throw new Refusal("The Worker does not compile; see the compiler's output above.", { log: output });
  compact(outDir);
  writeFileSync(stamp, inputs);
  return sizes(outDir);
}

/** Takes out of the built files what neither runs nor compresses. */
function compact(outDir) {
  const [wasm, script] = ['index_bg.wasm', 'index.js'].map((name) => join(outDir, name));
  const numbers = new Map();
  writeFileSync(wasm, numberImports(withoutNames(readFileSync(wasm)).toString('latin1'), numbers), 'latin1');
  writeFileSync(script, numberImports(readFileSync(script, 'utf8'), numbers));
}

/** The wasm without the names of its functions: wasm-opt sorts by them, and worker-build has it keep them. */
function withoutNames(wasm) {
  const headerBytes = 8;
  const kept = [wasm.subarray(0, headerBytes)];
  for (let start = headerBytes, end; start < wasm.length; start = end) {
    const size = readNumber(wasm, start + 1);
    end = size.end + size.value;
    const name = readNumber(wasm, size.end);
    const isCustom = wasm[start] === 0;
    const isNames = isCustom && wasm.toString('latin1', name.end, name.end + name.value) === 'name';
    if (!isNames) kept.push(wasm.subarray(start, end));
  }
  return Buffer.concat(kept);
}

/** An unsigned number in LEB128. */
function readNumber(bytes, start) {
  let [value, end] = [0, start];
  do value |= (bytes[end] & 0x7f) << (7 * (end - start));
  while (bytes[end++] & 0x80);
  return { value, end };
}

/**
 * Replaces the hashes in the names of the wasm's imports with numbers. wasm-bindgen gives each import 16 hexadecimal digits,
 * which hardly compress and are in the JavaScript again. Names keep their length, so the wasm keeps its layout.
 */
function numberImports(text, numbers) {
  return text.replace(/(__wbg_\w+?_)([\da-f]{16})\b/g, (whole, stem, hash) => {
    if (!numbers.has(whole)) numbers.set(whole, numbers.size);
    return stem + String(numbers.get(whole)).padStart(hash.length, '0');
  });
}

async function inputsOf(crateDir, profile) {
  // Every other crate depends on the root's, and the conformance worker on the tests' echo.
  const folders = [root, crateDir, ...(crateDir === conformanceDir ? [join(root, 'tests', 'echo')] : [])];
  const sources = folders.flatMap((dir) => ['src', 'crates', 'api', 'Cargo.toml', 'Cargo.lock'].map((name) => join(dir, name)));
  const builders = ['package-lock.json', 'scripts/lib/worker-build.mjs', 'scripts/lib/wasm-tools.mjs'].map((name) => join(root, name));
  return fingerprint(`${await compilerIdentity()} ${JSON.stringify(profile)} ${process.env.RUSTFLAGS ?? ''}`, [...sources, ...builders]);
}

function sizes(outDir) {
  const wasm = readFileSync(join(outDir, 'index_bg.wasm'));
  const kilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`;
  return `wasm ${kilobytes(wasm.length)}, ${kilobytes(gzipSync(wasm).length)} compressed`;
}

/** Builds the Worker for the conformance suites and the protocol tests. */
export function buildConformanceWorker(announce) {
  return buildWorker(announce, { crateDir: conformanceDir, outDir: join(root, 'build', 'conformance') });
}

/** The release profile for Workers that only tests run: quick to build, whatever they weigh. */
const quickProfile = {
  CARGO_PROFILE_RELEASE_LTO: 'off',
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
  CARGO_PROFILE_RELEASE_OPT_LEVEL: '1',
};

/** Builds the examples, which are tests as well. */
export function buildExamples(announce) {
  const crateDir = join(root, 'examples');
  return buildWorker(announce, { crateDir, outDir: join(root, 'build', 'examples'), profile: quickProfile });
}
