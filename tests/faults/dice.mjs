// Repeatable randomness.
import { randomInt } from 'node:crypto';

/** Returns the seed from the environment variable, or a new one, and prints how to repeat it. */
export function seedFrom(variable, t) {
  const seed = Number(process.env[variable]) || randomInt(1, 2 ** 31);
  t.diagnostic(`${variable}=${seed} makes the same decisions`);
  return seed;
}

/** Returns a function that returns random numbers from `min` to `max` (mulberry32). */
export function dice(seed) {
  let state = seed >>> 0;
  return (min, max) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return min + Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * (max - min + 1));
  };
}
