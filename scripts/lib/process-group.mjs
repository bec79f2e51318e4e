// Ends programs with all their descendants. A program that was started `detached` leads its own process group.

const patienceMs = 5000;

/** Signals a group, and kills it if it does not end in time. Resolves when the whole group is gone. */
export async function endGroup(leader, signal) {
  const deadline = Date.now() + patienceMs;
  let next = signal;
  while (signalGroup(leader, next)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    next = Date.now() > deadline ? 'SIGKILL' : 0;
  }
}

/** Returns whether the group still exists. Signal 0 only asks. */
function signalGroup(leader, signal) {
  try {
    return process.kill(-leader, signal);
  } catch {
    return false;
  }
}
