// Runs the server as `npm start` does: scripts/start.mjs, wrangler and workerd.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectNode, root } from '../../../scripts/lib/paths.mjs';
import { afterwards } from './cleanup.mjs';
import { freePort } from './free-port.mjs';
import { inTime } from './patience.mjs';

/**
 * Starts it on a free port, with its own data, and with `vars` instead of the settings in .dev.vars. It is stopped after the test
 * or suite. Resolves to its `url`, and to `output()`, which returns everything it has printed.
 */
export async function startAsPeopleDo(vars) {
  const scratch = mkdtempSync(join(tmpdir(), 'natter-test-'));
  const settings = join(scratch, 'vars');
  writeFileSync(settings, Object.entries(vars).map(([name, value]) => `${name}="${value}"\n`).join(''));
  const port = await freePort();
  const args = [join(root, 'scripts', 'start.mjs'), '--persist-to', join(scratch, 'state'), '--env-file', settings, '--inspector-port', '0'];
  const env = { ...process.env, PORT: String(port), WRANGLER_LOG_PATH: join(scratch, 'logs'), CLOUDFLARE_DEV_REGISTRY_PATH: join(scratch, 'registry') };
  const server = spawn(projectNode, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(server, 'exit').then(([code]) => code);
  let output = '';
  const ready = new Promise((resolve) => {
    for (const stream of [server.stdout, server.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        if (/Natter is ready on /.test(output)) resolve();
      });
    }
  });
  const stop = async () => {
    server.kill('SIGTERM');
    await exited;
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  };
  const ended = exited.then((code) => Promise.reject(new Error(`it ended with code ${code}:\n${output}`)));
  ended.catch(() => {});
  afterwards(stop);
  await inTime(Promise.race([ready, ended]), () => `it is not ready:\n${output}`);
  return { url: `http://127.0.0.1:${port}`, output: () => output };
}
