// Runs other programs to their end. None of them outlives a script that is told to end.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { projectPath, root } from './paths.mjs';
import { beforeEnding } from './shutdown.mjs';

/**
 * Runs a program and resolves to `{ code, stdout, output }`, where `output` has both streams; it never rejects. A program
 * that does not exist is code 127. With `show`, what it prints is shown as it comes as well.
 */
export function run(program, args, { env = {}, cwd = root, show = false } = {}) {
  const { child, code } = start(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
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
  return code.then((code) => ({ code, stdout, output }));
}

/** Runs a program that talks to the person directly, and resolves to its exit code. */
export function runAttached(program, args, { env = {}, cwd = root } = {}) {
  return start(program, args, { env, cwd, stdio: 'inherit' }).code;
}

function start(program, args, { env, cwd, stdio }) {
  const child = spawn(program, args, { cwd, env: { ...process.env, PATH: projectPath, ...env }, stdio });
  const code = new Promise((resolve) => {
    child.on('error', (error) => resolve(error.code === 'ENOENT' ? 127 : 126));
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
  const takeBack = beforeEnding((signal) => {
    child.kill(signal);
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
