// Installs Debian packages where the system has apt-get and this process runs as root.
import { run } from './command.mjs';
import { personalPath } from './paths.mjs';

export async function canAptInstall() {
  return process.getuid?.() === 0 && (await run('apt-get', ['--version'])).code === 0;
}

/** Installs packages. Resolves to the result of the last attempt, as `run` does. */
export async function aptInstall(packages) {
  const install = () => aptGet('install', '-y', '--no-install-recommends', ...packages);
  const first = await install();
  if (first.code === 0) return first;
  // A fresh system has no package lists yet.
  await aptGet('update');
  return install();
}

function aptGet(...args) {
  return run('apt-get', args, { env: { PATH: personalPath, DEBIAN_FRONTEND: 'noninteractive' } });
}
