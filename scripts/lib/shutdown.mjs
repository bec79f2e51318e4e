// Ends what a script has started before the script itself ends.
import { constants } from 'node:os';

const parentCheckMs = 500;
const endings = new Set();
let ending = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end);

// A signal may end npm, or the shell between npm and this script, without reaching this script.
if (process.env.npm_lifecycle_event) {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && end('SIGTERM'), parentCheckMs).unref();
}

async function end(signal) {
  if (ending) return;
  ending = true;
  await Promise.all([...endings].map((prepare) => prepare(signal)));
  process.exit(process.exitCode ?? 128 + constants.signals[signal]);
}

/** Has the script wait for `prepare(signal)` before it ends. Returns a function that cancels this. */
export function beforeEnding(prepare) {
  endings.add(prepare);
  return () => endings.delete(prepare);
}
