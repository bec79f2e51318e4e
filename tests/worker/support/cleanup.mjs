// Undoes what a test has set up, whether it passes or not.
import { getTestContext } from 'node:test';

/** Has `cleanUp` called after the running test, or after the suite whose `before` hook is running. Outside of tests, callers clean up. */
export function afterwards(cleanUp) {
  getTestContext()?.after(cleanUp);
}
