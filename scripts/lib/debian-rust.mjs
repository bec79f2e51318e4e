// The way out where rustup cannot fetch a wasm32 standard library: Debian packages a recent rustc together with the
// sources of its standard library, from which that one is built.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { aptInstall, canAptInstall } from './apt.mjs';
import { run, saysOffline } from './command.mjs';
import { projectPath, root } from './paths.mjs';
import { Refusal } from './steps.mjs';

const packages = ['rustc-web', 'cargo-web', 'rust-web-src', 'rust-web-clippy'];
const rustc = '/usr/bin/rustc';

/** Debian's toolchain if it stands on this machine (whether it can compile for wasm32 is for the caller to try). */
export function debianToolchain() {
  const linker = rustLld();
  if (!existsSync('/var/lib/dpkg/info/rustc-web.list') || !linker) return undefined;
  return {
    name: "Debian's",
    env: {
      // The project's Node stays in front: wasm-opt runs on it.
      PATH: [projectPath.split(delimiter)[0], '/usr/bin', projectPath].join(delimiter),
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: linker,
      // Two compilers that share a target directory would throw away each other's work.
      CARGO_TARGET_DIR: join(root, 'target', 'wasm'),
    },
  };
}

/** Installing takes apt-get, the right to use it, and a rustup toolchain to borrow the linker from. */
export async function debianIsPossible() {
  return rustLld() !== undefined && (await canAptInstall());
}

export async function installDebianToolchain(target) {
  const { code, output } = await aptInstall(packages);
  if (code !== 0) {
    throw new Refusal(
      saysOffline(output)
        ? 'A Rust that compiles for wasm32 has to be fetched once and cannot be: connect to the network and run the command again.'
        : `Neither rustup nor Debian offers a Rust that compiles for ${target}: run \`rustup target add ${target}\`, see what it says, and run the command again.`,
      { log: output },
    );
  }
  const toolchain = debianToolchain();
  await installStandardLibrary(target, toolchain);
  return toolchain;
}

async function installStandardLibrary(target, toolchain) {
  const crate = mkdtempSync(join(tmpdir(), 'natter-std-'));
  try {
    mkdirSync(join(crate, 'src'));
    writeFileSync(join(crate, 'src', 'lib.rs'), '');
    writeFileSync(join(crate, 'Cargo.toml'), '[package]\nname = "seed"\nversion = "0.0.0"\nedition = "2024"\n');
    const { code, output } = await run(
      '/usr/bin/cargo',
      ['build', '--release', '--target', target, '-Zbuild-std=std,panic_abort'],
      {
        cwd: crate,
        env: {
          ...toolchain.env,
          CARGO_TARGET_DIR: join(crate, 'target'),
          RUSTC: rustc,
          // -Zbuild-std is for nightly compilers, unless a stable one is told otherwise.
          RUSTC_BOOTSTRAP: '1',
          // Without the bitcode, a build with link-time optimisation finds no `.llvmbc` section and fails.
          RUSTFLAGS: '-Cembed-bitcode=yes',
        },
      },
    );
    if (code !== 0) {
      throw new Refusal(
        saysOffline(output)
          ? 'The dependencies of the standard library have to be fetched once and cannot be: connect to the network and run the command again.'
          : 'Building the standard library for wasm32 failed; what cargo printed stands above.',
        { log: output },
      );
    }
    const built = join(crate, 'target', target, 'release', 'deps');
    const libraries = readdirSync(built).filter((name) => name.endsWith('.rlib') && !name.startsWith('libseed-'));
    const { stdout: sysroot } = await run(rustc, ['--print', 'sysroot']);
    const installed = join(sysroot.trim(), 'lib', 'rustlib', target, 'lib');
    mkdirSync(installed, { recursive: true });
    for (const name of libraries) {
      copyFileSync(join(built, name), join(installed, `${name}.new`));
      renameSync(join(installed, `${name}.new`), join(installed, name));
    }
    for (const name of readdirSync(installed)) {
      if (!libraries.includes(name)) rmSync(join(installed, name), { recursive: true });
    }
  } finally {
    rmSync(crate, { recursive: true, force: true });
  }
  // What was compiled against another standard library does not link with this one, and cargo would not notice.
  rmSync(toolchain.env.CARGO_TARGET_DIR, { recursive: true, force: true });
}

// Debian's rustc brings no linker for wasm; every rustup toolchain has one, of any version.
function rustLld() {
  const rustupHome = process.env.RUSTUP_HOME || join(process.env.HOME ?? '/root', '.rustup');
  const toolchains = join(rustupHome, 'toolchains');
  if (!existsSync(toolchains)) return undefined;
  const host = hostTriple();
  return readdirSync(toolchains)
    .map((name) => join(toolchains, name, 'lib', 'rustlib', host, 'bin', 'rust-lld'))
    .find((path) => existsSync(path));
}

function hostTriple() {
  const architecture = { x64: 'x86_64', arm64: 'aarch64' }[process.arch] ?? process.arch;
  return `${architecture}-unknown-linux-gnu`;
}
