// The Rust compilers: the person's own for the host, and one that can compile for wasm32.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rustVersion } from './cargo-files.mjs';
import { run, saysOffline } from './command.mjs';
import { debianIsPossible, debianToolchain, installDebianToolchain } from './debian-rust.mjs';
import { Refusal } from './steps.mjs';

export const wasmTarget = 'wasm32-unknown-unknown';

/** Checks that the person's cargo and rustc are there and new enough. */
export async function requireRust() {
  for (const program of ['cargo', 'rustc']) {
    const { code, output } = await run(program, ['--version']);
    if (code !== 0) {
      throw new Refusal(`Rust is missing (${program} does not run): install it from https://rustup.rs, open a new terminal and run the command again.`);
    }
    const [, version] = /^\w+ (\d+\.\d+\.\d+)/.exec(output) ?? [];
    if (version && isOlder(version, rustVersion())) {
      throw new Refusal(`Natter needs Rust ${rustVersion()} or newer, and ${program} is ${version}: run \`rustup update\` (or install Rust from https://rustup.rs) and run the command again.`);
    }
  }
  const { stdout } = await run('rustc', ['--version']);
  return stdout.trim();
}

/** Checks that cargo can format and lint, which a minimal Rust cannot. */
export async function requireLints(announce) {
  const missing = [];
  for (const [subcommand, component] of [['fmt', 'rustfmt'], ['clippy', 'clippy']]) {
    if ((await run('cargo', [subcommand, '--version'])).code !== 0) missing.push(component);
  }
  if (missing.length === 0) return;
  announce(`rustup component add ${missing.join(' ')}`);
  const { code, output } = await run('rustup', ['component', 'add', ...missing]);
  if (code !== 0) {
    throw new Refusal(`Rust has no ${missing.join(' and no ')} here: run \`rustup component add ${missing.join(' ')}\` and run the command again.`, { log: output });
  }
}

function isOlder(version, oldest) {
  const [a, b] = [version, oldest].map((text) => text.split('.').map(Number));
  for (let part = 0; part < b.length; part += 1) {
    if (a[part] !== b[part]) return a[part] < b[part];
  }
  return false;
}

/**
 * Finds or installs a toolchain for wasm32, and resolves to `{ name, id, env }`: how to speak of it, what identifies it in
 * build stamps, and the environment that makes cargo use it.
 */
export async function wasmToolchain(announce) {
  const own = { name: "the default toolchain's", env: {} };
  if (await compilesForWasm(own)) return identified(own);

  const debian = debianToolchain();
  if (debian && (await compilesForWasm(debian))) return identified(debian);

  announce(`rustup target add ${wasmTarget}`);
  const added = await run('rustup', ['target', 'add', wasmTarget]);
  if (added.code === 0 && (await compilesForWasm(own))) return identified(own);

  if (await debianIsPossible()) {
    announce("rustup has no such target here, so installing Debian's Rust and building its standard library");
    const installed = await installDebianToolchain(wasmTarget);
    if (await compilesForWasm(installed)) return identified(installed);
  }
  if (saysOffline(added.output)) {
    throw new Refusal(`Rust's ${wasmTarget} target has to be fetched once and cannot be: connect to the network and run the command again.`);
  }
  throw new Refusal(`Rust cannot compile for ${wasmTarget}: run \`rustup target add ${wasmTarget}\` and run the command again.`, {
    log: added.output,
  });
}

// A directory with a standard library in it may belong to another compiler: only compiling something tells.
async function compilesForWasm({ env }) {
  const probe = mkdtempSync(join(tmpdir(), 'natter-probe-'));
  try {
    const source = join(probe, 'lib.rs');
    writeFileSync(source, 'pub fn allocate() -> String { String::new() }\n');
    const args = ['--target', wasmTarget, '--crate-type', 'lib', '--emit', 'metadata', '--out-dir', probe, source];
    const { code } = await run('rustc', args, { env });
    return code === 0;
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}

async function identified(toolchain) {
  const { stdout } = await run('rustc', ['-vV'], { env: toolchain.env });
  return { ...toolchain, name: `${toolchain.name} ${stdout.split(' (')[0]}`, id: stdout };
}
