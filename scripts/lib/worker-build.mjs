// Compiles a crate to a Worker: wasm, and the JavaScript around it.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { run, saysOffline } from './command.mjs';
import { fingerprint } from './fingerprint.mjs';
import { root } from './paths.mjs';
import { Refusal } from './steps.mjs';
import { toolEnvironment, toolPath } from './wasm-tools.mjs';

/**
 * Builds the crate in `crateDir` into `outDir`, whose `index.js` is then the Worker, unless nothing it is made from changed
 * since the last time. `toolchain` is what `setUp` resolved to. Resolves to a description for the step's line.
 */
export async function buildWorker({ toolchain, crateDir = root, outDir = join(root, 'build'), features = [] }, announce) {
  const stamp = join(outDir, '.inputs');
  const inputs = inputsOf(toolchain, crateDir, features);
  if (existsSync(join(outDir, 'index.js')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) {
    return `up to date, ${sizes(outDir)}`;
  }

  rmSync(stamp, { force: true });
  announce('compiling');
  const cargoFlags = ['--locked', ...(features.length ? ['--features', features.join(',')] : [])];
  const args = ['--release', '--out-dir', relative(crateDir, outDir), ...cargoFlags];
  const env = {
    // One target directory for every crate, so that what they share is compiled once.
    CARGO_TARGET_DIR: process.env.CARGO_TARGET_DIR ?? join(root, 'target'),
    ...toolchain.env,
    ...toolEnvironment(),
    // A program that does not compile is no reason to show where worker-build noticed.
    RUST_BACKTRACE: '0',
  };
  const { code, output } = await run(toolPath('worker-build'), args, { cwd: crateDir, env });
  if (code !== 0 && saysOffline(output)) {
    throw new Refusal('Rust crates have to be fetched once and crates.io cannot be reached: connect to the network and run the command again.');
  }
  if (code !== 0) throw new Refusal('The Worker does not compile; what the compiler printed stands above.', { log: output });
  writeFileSync(stamp, inputs);
  return sizes(outDir);
}

function inputsOf(toolchain, crateDir, features) {
  // Another crate is built on top of the root's.
  const sources = [...new Set([root, crateDir])].flatMap((dir) => ['src', 'crates', 'api', 'Cargo.toml', 'Cargo.lock'].map((name) => join(dir, name)));
  const builders = ['package-lock.json', 'scripts/lib/worker-build.mjs', 'scripts/lib/wasm-tools.mjs'].map((name) => join(root, name));
  return fingerprint(`${toolchain.id} ${features} ${process.env.RUSTFLAGS ?? ''}`, [...sources, ...builders]);
}

function sizes(outDir) {
  const wasm = readFileSync(join(outDir, 'index_bg.wasm'));
  const kilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`;
  return `wasm ${kilobytes(wasm.length)}, ${kilobytes(gzipSync(wasm).length)} compressed`;
}

/** Builds the worker that the conformance suites and the protocol tests run against. */
export function buildConformanceWorker({ toolchain }, announce) {
  const crateDir = join(root, 'tests', 'conformance');
  return buildWorker({ toolchain, crateDir, outDir: join(root, 'build', 'conformance') }, announce);
}
