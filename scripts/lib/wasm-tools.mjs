// worker-build and wasm-bindgen, compiled once per version into the person's cache.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, canAptInstall } from './apt.mjs';
import { lockedVersion } from './cargo-files.mjs';
import { run, saysOffline } from './command.mjs';
import { nodeModules, personalPath, toolCache } from './paths.mjs';
import { Refusal, step } from './steps.mjs';

// worker-build has to match the `worker` crate, and the wasm-bindgen program the crate of that name to the last digit. The
// default feature of the latter is TLS, for a test runner that is not installed.
const tools = {
  'worker-build': { program: 'worker-build', locked: 'worker', flags: [] },
  'wasm-bindgen-cli': { program: 'wasm-bindgen', locked: 'wasm-bindgen', flags: ['--no-default-features'] },
};

// What compiling worker-build takes besides Rust: it links the system's OpenSSL, for downloads that it is not left to do.
const systemPackages = ['build-essential', 'pkg-config', 'libssl-dev'];

const compiling = join(toolCache, 'compiling');
const installEnv = {
  PATH: personalPath,
  // They have dependencies in common, and a compilation that was interrupted goes on where it was.
  CARGO_TARGET_DIR: compiling,
  CARGO_PROFILE_DEV_DEBUG: '0',
};

export async function installTools() {
  for (const name of Object.keys(tools)) await step(name, (announce) => installTool(name, announce));
  rmSync(compiling, { recursive: true, force: true });
}

async function installTool(name, announce) {
  const { program, locked, flags } = tools[name];
  const version = lockedVersion(locked);
  if (existsSync(toolPath(name))) return version;

  announce(`compiling ${version}, once per machine, in a few minutes`);
  mkdirSync(toolCache, { recursive: true });
  // Unoptimised: they run for a moment only, so what counts is that they compile soon.
  const args = ['install', '--debug', '--root', cacheDir(name), '--bin', program, ...flags, `${name}@${version}`];
  const install = (...more) => run('cargo', [...args, ...more], { cwd: toolCache, env: installEnv });

  let result = await install('--locked');
  if (needsSystemPackages(result) && (await canAptInstall())) {
    announce(`installing ${systemPackages.join(', ')}, then compiling`);
    await aptInstall(systemPackages);
    result = await install('--locked');
  }
  if (result.code !== 0 && result.output.includes('failed to select a version')) {
    // Its lock file names a version that is no longer offered: a compatible one has to do.
    result = await install();
  }
  if (result.code === 0) return version;

  if (needsSystemPackages(result)) {
    throw new Refusal(`${name} needs a C compiler, pkg-config and the headers of OpenSSL: install them (on Debian and Ubuntu: \`sudo apt-get install ${systemPackages.join(' ')}\`) and run the command again.`);
  }
  if (saysOffline(result.output)) {
    throw new Refusal(`${name} has to be fetched once and crates.io cannot be reached: connect to the network and run the command again.`);
  }
  throw new Refusal(`cargo install ${name} failed; what it printed stands above.`, { log: result.output });
}

function needsSystemPackages({ code, output }) {
  return code !== 0 && /linker `cc` not found|failed to find tool|failed to run custom build command for `openssl-sys/.test(output);
}

export function toolPath(name) {
  return join(cacheDir(name), 'bin', tools[name].program);
}

function cacheDir(name) {
  return join(toolCache, `${name}-${lockedVersion(tools[name].locked)}`);
}

/** The environment in which worker-build uses these tools instead of downloading its own. */
export function toolEnvironment() {
  return {
    WASM_BINDGEN_BIN: toolPath('wasm-bindgen-cli'),
    WASM_OPT_BIN: join(nodeModules, '.bin', 'wasm-opt'),
    ESBUILD_BIN: join(nodeModules, '.bin', 'esbuild'),
  };
}
