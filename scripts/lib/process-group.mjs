// Ends a program with all its descendants, where it was started `detached` and so leads a group of its own.

const patienceMs = 5000;

/** Resolves when nobody is left of the group. Who does not heed the signal in time is killed. */
export async function endGroup(leader, signal) {
  const deadline = Date.now() + patienceMs;
  let next = signal;
  while (signalGroup(leader, next)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    next = Date.now() > deadline ? 'SIGKILL' : 0;
  }
}

/** Whether anybody was left in the group to get the signal; 0 only asks that. */
function signalGroup(leader, signal) {
  try {
    return process.kill(-leader, signal);
  } catch {
    return false;
  }
}
