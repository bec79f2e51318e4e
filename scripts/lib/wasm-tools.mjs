// worker-build and wasm-bindgen, compiled once per version into the user's cache.
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, canAptInstall } from './apt.mjs';
import { lockedVersion } from './cargo-files.mjs';
import { run, saysOffline } from './command.mjs';
import { nodeModules, personalPath, toolCache } from './paths.mjs';
import { Refusal, step } from './steps.mjs';

// worker-build has to match the `worker` crate, and the wasm-bindgen program exactly the crate of that name. The default feature of
// the latter is TLS for a test runner that is not installed.
const tools = {
  'worker-build': { program: 'worker-build', locked: 'worker', flags: [] },
  'wasm-bindgen-cli': { program: 'wasm-bindgen', locked: 'wasm-bindgen', flags: ['--no-default-features'] },
};

// worker-build links the system's OpenSSL, for downloads that never happen here.
const systemPackages = ['build-essential', 'pkg-config', 'libssl-dev'];

const compiling = join(toolCache, 'compiling');
const installEnv = {
  PATH: personalPath,
  // Shared by both tools, which have dependencies in common, and kept so that an interrupted compilation can resume.
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
  // Unoptimised, because they compile faster and run only for a moment.
  const args = ['install', '--debug', '--root', cacheDir(name), '--bin', program, ...flags, `${name}@${version}`];
  const install = (...more) => run('cargo', [...args, ...more], { cwd: toolCache, env: installEnv });

  let result = await install('--locked');
  if (needsSystemPackages(result) && (await canAptInstall())) {
    announce(`installing ${systemPackages.join(', ')}, then compiling`);
    await aptInstall(systemPackages);
    result = await install('--locked');
  }
  if (result.code !== 0 && result.output.includes('failed to select a version')) {
    // Its lock file names a yanked version, so cargo has to choose another.
    result = await install();
  }
  if (result.code === 0) return version;

  if (needsSystemPackages(result)) {
    throw new Refusal(`${name} needs a C compiler, pkg-config and the headers of OpenSSL: install them (on Debian and Ubuntu: \`sudo apt-get install ${systemPackages.join(' ')}\`) and run the command again.`);
  }
  if (saysOffline(result.output)) {
    throw new Refusal(`cargo cannot reach crates.io to download ${name}: connect to the network and run the command again.`);
  }
  throw new Refusal(`cargo install ${name} failed; see its output above.`, { log: result.output });
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

/** Returns the environment that makes worker-build use these tools instead of downloading its own. */
export function toolEnvironment() {
  return {
    WASM_BINDGEN_BIN: toolPath('wasm-bindgen-cli'),
    WASM_OPT_BIN: join(nodeModules, '.bin', 'wasm-opt'),
    ESBUILD_BIN: join(nodeModules, '.bin', 'esbuild'),
  };
}
