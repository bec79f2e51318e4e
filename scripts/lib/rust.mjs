// Checks of the Rust toolchain, which fetch missing parts through rustup.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rustVersion } from './cargo-files.mjs';
import { run, saysOffline } from './command.mjs';
import { Refusal } from './steps.mjs';

export const wasmTarget = 'wasm32-unknown-unknown';

/** Checks that cargo and rustc are installed and new enough. Resolves to the compiler's version. */
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

/** Checks that cargo can format and lint, and has rustup add what is missing. */
export async function requireLints(announce) {
  const missing = [];
  for (const [subcommand, component] of [['fmt', 'rustfmt'], ['clippy', 'clippy']]) {
    if ((await run('cargo', [subcommand, '--version'])).code !== 0) missing.push(component);
  }
  if (missing.length === 0) return;
  announce(`rustup component add ${missing.join(' ')}`);
  const { code, output } = await run('rustup', ['component', 'add', ...missing]);
  if (code !== 0) {
    throw new Refusal(`Rust lacks ${missing.join(' and ')}: run \`rustup component add ${missing.join(' ')}\` and run the command again.`, { log: output });
  }
}

function isOlder(version, oldest) {
  const [a, b] = [version, oldest].map((text) => text.split('.').map(Number));
  for (let part = 0; part < b.length; part += 1) {
    if (a[part] !== b[part]) return a[part] < b[part];
  }
  return false;
}

/** Checks that rustc compiles for wasm32, and has rustup add the target if it does not. */
export async function requireWasmTarget(announce) {
  if (await compilesForWasm()) return;
  announce(`rustup target add ${wasmTarget}`);
  const { code, output } = await run('rustup', ['target', 'add', wasmTarget]);
  if (code === 0 && (await compilesForWasm())) return;
  throw new Refusal(wasmComplaint(code, output), { log: output });
}

function wasmComplaint(code, output) {
  if (code === 127) {
    return `This Rust does not compile for ${wasmTarget}, and rustup is missing, which would add it: install Rust from https://rustup.rs, open a new terminal and run the command again.`;
  }
  if (saysOffline(output)) {
    return `rustup cannot download the target ${wasmTarget}: connect to the network and run the command again.`;
  }
  return `rustc does not compile for ${wasmTarget}: run \`rustup target add ${wasmTarget}\`, make sure that \`rustc\` is rustup's, and run the command again.`;
}

// An installed target may belong to another compiler, so the only proof is to compile something.
async function compilesForWasm() {
  const probe = mkdtempSync(join(tmpdir(), 'natter-probe-'));
  try {
    const source = join(probe, 'lib.rs');
    writeFileSync(source, 'pub fn allocate() -> String { String::new() }\n');
    const args = ['--target', wasmTarget, '--crate-type', 'lib', '--emit', 'metadata', '--out-dir', probe, source];
    return (await run('rustc', args)).code === 0;
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}

/** Resolves to the text that identifies the compiler in build stamps. */
export async function compilerIdentity() {
  return (await run('rustc', ['-vV'])).stdout;
}
