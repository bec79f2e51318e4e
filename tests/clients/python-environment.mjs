// Installs Python packages once per machine.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, saysOffline } from '../../scripts/lib/command.mjs';
import { toolCache } from '../../scripts/lib/paths.mjs';

const clients = fileURLToPath(new URL('requirements.txt', import.meta.url));
const wanted = 'Python 3.9 or newer with venv';
// This fails on old Pythons, and where the distribution has removed the venv module.
const probe = 'import ensurepip, sys, venv; assert sys.version_info >= (3, 9); print(sys.executable, sys.version)';

/** Resolves to `{ python }`, a program with the packages of that file; or to `{ skip }`, the reason it is unavailable. */
export async function pythonEnvironment(requirements = clients) {
  const { code, stdout } = await run('python3', ['-c', probe]);
  if (code !== 0) return { skip: `there is no ${wanted}` };

  const key = createHash('sha256').update(stdout).update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const folder = join(toolCache, `python-client-${key}`);
  const python = join(folder, 'bin', 'python');
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return { python };

  await must('python3', ['-m', 'venv', '--clear', folder]);
  const flags = ['--quiet', '--disable-pip-version-check', '--no-input', '--retries', '1'];
  const installed = await run(python, ['-m', 'pip', 'install', ...flags, '--requirement', requirements]);
  if (installed.code !== 0 && saysOffline(installed.output)) {
    return { skip: 'its packages have to be fetched once and PyPI cannot be reached' };
  }
  if (installed.code !== 0) throw new Error(`pip install failed:\n${installed.output}`);
  writeFileSync(complete, '');
  return { python };
}

async function must(program, args) {
  const { code, output } = await run(program, args);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${output}`);
}
