// Debian's packages, where this is such a system and the person may install them.
import { run } from './command.mjs';
import { personalPath } from './paths.mjs';

export async function canAptInstall() {
  return process.getuid?.() === 0 && (await run('apt-get', ['--version'])).code === 0;
}

/** Resolves like `run`: to the code and the output of the last attempt. */
export async function aptInstall(packages) {
  const install = () => aptGet('install', '-y', '--no-install-recommends', ...packages);
  const first = await install();
  if (first.code === 0) return first;
  // A fresh system knows no packages yet.
  await aptGet('update');
  return install();
}

function aptGet(...args) {
  return run('apt-get', args, { env: { PATH: personalPath, DEBIAN_FRONTEND: 'noninteractive' } });
}
