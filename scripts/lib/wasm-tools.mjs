// worker-build and wasm-bindgen, compiled once per version into the person's cache.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lockedVersion } from './cargo-files.mjs';
import { run, saysOffline } from './command.mjs';
import { nodeModules, personalPath, toolCache } from './paths.mjs';
import { Refusal } from './steps.mjs';

// worker-build has to match the `worker` crate, and the wasm-bindgen program the crate of that name to the last digit.
const tools = {
  'worker-build': { locked: 'worker', program: 'worker-build', flags: [] },
  // Without TLS, which only its test runner uses.
  'wasm-bindgen-cli': { locked: 'wasm-bindgen', program: 'wasm-bindgen', flags: ['--no-default-features'] },
};
export const toolNames = Object.keys(tools);

/** Where a tool of the version that a crate needs is, whether or not it is there yet. */
export function toolPath(name, crateDir) {
  return join(cacheDir(name, crateDir), 'bin', tools[name].program);
}

function cacheDir(name, crateDir) {
  return join(toolCache, `${name}-${lockedVersion(crateDir, tools[name].locked)}`);
}

export async function installTool(name, crateDir, announce) {
  const { locked, flags } = tools[name];
  const version = lockedVersion(crateDir, locked);
  if (existsSync(toolPath(name, crateDir))) return version;

  announce(`compiling ${version}, once per machine, in a few minutes`);
  mkdirSync(toolCache, { recursive: true });
  // Unoptimised: they compile in half the time, and run for a moment only.
  const args = ['install', '--debug', ...flags, '--root', cacheDir(name, crateDir), `${name}@${version}`];
  const env = { PATH: personalPath };
  let { code, output } = await run('cargo', [...args, '--locked'], { cwd: toolCache, env });
  if (code !== 0 && output.includes('failed to select a version')) {
    // The tool's lock file names a version that is no longer offered: a compatible one has to do.
    ({ code, output } = await run('cargo', args, { cwd: toolCache, env }));
  }
  if (code !== 0 && saysOffline(output)) {
    throw new Refusal(`${name} has to be fetched once and crates.io cannot be reached: connect to the network and run the command again.`);
  }
  if (code !== 0) throw new Refusal(`cargo install ${name} failed; what it printed stands above.`, { log: output });
  return version;
}

/** The environment in which worker-build uses these tools instead of downloading its own. */
export function toolEnvironment(crateDir) {
  return {
    WASM_BINDGEN_BIN: toolPath('wasm-bindgen-cli', crateDir),
    WASM_OPT_BIN: join(nodeModules, '.bin', 'wasm-opt'),
    ESBUILD_BIN: join(nodeModules, '.bin', 'esbuild'),
  };
}
