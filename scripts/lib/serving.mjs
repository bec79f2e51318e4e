// Runs servers that end with the script, even if it is killed.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { projectNode, projectPath, root } from './paths.mjs';
import { beforeEnding } from './shutdown.mjs';

const guardScript = fileURLToPath(new URL('guard.mjs', import.meta.url));

/**
 * Runs a Node script as a server. Returns `stop()`, which ends it with its descendants and resolves when they are gone, and
 * `crashed`, which resolves to the exit code if the server ends by itself.
 */
export function serve(script, args, env) {
  const guard = spawn(projectNode, [guardScript, script, ...args], {
    cwd: root,
    env: { ...process.env, PATH: projectPath, ...env },
    // The guard ends the server when this pipe closes, which happens even if this process is killed.
    stdio: ['pipe', 'inherit', 'inherit'],
    // Outside the terminal's process group, Ctrl-C does not reach the guard, which ends the server in order.
    detached: true,
  });
  let stopping = false;
  const exited = new Promise((resolve) => guard.on('exit', (code) => resolve(code ?? 1)));
  const crashed = new Promise((resolve) => exited.then((code) => stopping || resolve(code)));
  const stop = () => {
    stopping = true;
    guard.stdin.end('stop');
    return exited;
  };
  beforeEnding(stop);
  return { crashed, stop };
}
