// Runs other programs to their end. None of them outlives a script that is told to end.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { projectPath, root } from './paths.mjs';
import { beforeEnding } from './shutdown.mjs';

/**
 * Runs a program and resolves to `{ code, stdout, output }`, where `output` has both streams; it never rejects. A program
 * that does not exist is code 127. With `show`, what it prints is shown as it comes as well.
 */
export async function run(program, args, { env, cwd, show = false } = {}) {
  // A group of its own, so that the compilers under cargo end with it.
  const { child, code } = start(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
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
  return { code: await code, stdout, output };
}

/** Runs a program that may ask the person something, and resolves to its exit code. */
export function runAttached(program, args, { env } = {}) {
  return start(program, args, { env, stdio: 'inherit', detached: false }).code;
}

function start(program, args, { env = {}, cwd = root, stdio, detached }) {
  const child = spawn(program, args, { cwd, env: { ...process.env, PATH: projectPath, ...env }, stdio, detached });
  const code = new Promise((resolve) => {
    child.on('error', (error) => resolve(error.code === 'ENOENT' ? 127 : 126));
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
  const takeBack = beforeEnding((signal) => {
    try {
      process.kill(detached ? -child.pid : child.pid, signal);
    } catch {
      // It ended by itself in this moment.
    }
    return code;
  });
  code.then(takeBack);
  return { child, code };
}

/** Whether what a package client printed says that it could not reach its registry. */
export function saysOffline(output) {
  return /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ENETUNREACH|could not resolve|couldn't resolve|couldn't connect|temporary failure|failed to lookup address|network unreachable|dns error/i.test(
    output,
  );
}
