// When a script is told to end, what it started ends first.
import { constants } from 'node:os';

const endings = new Set();
let ending = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, async () => {
    if (ending) return;
    ending = true;
    await Promise.all([...endings].map((end) => end(signal)));
    process.exit(process.exitCode ?? 128 + constants.signals[signal]);
  });
}

/** Has `end(signal)` called, and waited for, before the script ends. Returns how to take that back. */
export function beforeEnding(end) {
  endings.add(end);
  return () => endings.delete(end);
}
