// Runs other programs to completion, and ends them when the script is told to end.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { projectPath, root } from './paths.mjs';
import { endGroup } from './process-group.mjs';
import { beforeEnding } from './shutdown.mjs';
import { Refusal } from './steps.mjs';

/**
 * Runs a program. Resolves to `{ code, stdout, output }`, where `output` holds both streams, and never rejects. The code is 127 if
 * the program does not exist. `show` also prints the output as it arrives. After `limitMs` the program is ended.
 */
export async function run(program, args, { env, cwd, show = false, limitMs } = {}) {
  // Its own process group, so that the compilers below cargo and the servers below the tests end with it.
  const { child, code } = start(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const end = (signal) => child.pid && endGroup(child.pid, signal);
  const takeBack = beforeEnding(end);
  const limit = limitMs && setTimeout(end, limitMs, 'SIGTERM');
  let stdout = '';
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    output += text;
    if (show) process.stdout.write(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output += text;
    if (show) process.stderr.write(text);
  });
  const ended = await code;
  clearTimeout(limit);
  takeBack();
  return { code: ended, stdout, output };
}

/** Runs a program that has to succeed. Resolves to its output; a failure is a refusal with that output. */
export async function mustRun(program, args, options) {
  const { code, output } = await run(program, args, options);
  if (code === 0) return output;
  const command = [program, ...args].join(' ');
  if (code === 127) throw new Refusal(`${program} is missing: install it and run the command again.`);
  if (saysOffline(output)) throw new Refusal(`\`${command}\` cannot reach its registry: connect to the network and run the command again.`, { log: output });
  throw new Refusal(`\`${command}\` failed; see its output above.`, { log: output });
}

/** Runs a program that may prompt the user. Resolves to its exit code. */
export async function runAttached(program, args, { env } = {}) {
  const { child, code } = start(program, args, { env, stdio: 'inherit' });
  const takeBack = beforeEnding((signal) => {
    child.kill(signal);
    return code;
  });
  await code;
  takeBack();
  return code;
}

function start(program, args, { env = {}, cwd = root, ...options }) {
  const child = spawn(program, args, { cwd, env: { ...process.env, PATH: projectPath, ...env }, ...options });
  const code = new Promise((resolve) => {
    child.on('error', (error) => resolve(error.code === 'ENOENT' ? 127 : 126));
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
  return { child, code };
}

/** Returns whether a package client's output says that it could not reach its registry. */
export function saysOffline(output) {
  return /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ENETUNREACH|could not resolve|couldn't resolve|couldn't connect|temporary failure|failed to lookup address|network (is )?unreachable|connection broken|dns error/i.test(
    output,
  );
}
