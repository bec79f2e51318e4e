// Runs a server that ends when the script does, however that ends.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { projectNode, projectPath, root } from './paths.mjs';
import { beforeEnding } from './shutdown.mjs';

const guardScript = fileURLToPath(new URL('guard.mjs', import.meta.url));

/**
 * Runs a Node script as a server. `stop()` ends it and all its descendants, and resolves when they are gone. `crashed` resolves
 * to the exit code if it ends by itself.
 */
export function serve(script, args, env) {
  const guard = spawn(projectNode, [guardScript, script, ...args], {
    cwd: root,
    env: { ...process.env, PATH: projectPath, ...env },
    // The guard ends the server at the end of this pipe, which comes even when this process is killed.
    stdio: ['pipe', 'inherit', 'inherit'],
    // Ctrl-C reaches everything in the terminal's group. The guard stands outside of it, to end things in order.
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
