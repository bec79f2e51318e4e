// Runs the Node server that Natter replaces from a checkout.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../support/free-port.mjs';
import { inTime } from '../support/patience.mjs';
import { frontend } from './stage.mjs';

/**
 * Starts the original server from a checkout with its packages installed. It runs in a copy, because it writes its users beside
 * its source. Resolves to `{ url, secret, stop() }`.
 */
export async function startOriginal(checkout) {
  const from = resolve(checkout);
  if (!existsSync(join(from, 'node_modules'))) throw new Error(`Run npm install in ${from} first.`);
  const folder = mkdtempSync(join(tmpdir(), 'natter-original-'));
  for (const name of ['package.json', 'src']) cpSync(join(from, name), join(folder, name), { recursive: true });
  rmSync(join(folder, 'src', 'data', 'users.json'), { force: true });
  symlinkSync(join(from, 'node_modules'), join(folder, 'node_modules'));

  const port = await freePort();
  const secret = randomBytes(48).toString('base64');
  const env = { ...process.env, PORT: String(port), FRONTEND_URL: frontend, JWT_SECRET: secret };
  const server = spawn(process.execPath, ['src/server.js'], { cwd: folder, env, stdio: 'ignore' });
  const exited = once(server, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    server.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const failed = exited.then(([code]) => Promise.reject(new Error(`it ended with code ${code}`)));
    await inTime(Promise.race([untilItAnswers(url), failed]), () => 'the original server did not start');
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, secret, stop };
}

async function untilItAnswers(url) {
  for (;;) {
    try {
      await fetch(new URL('/health', url));
      return;
    } catch {
      await pause(20);
    }
  }
}
