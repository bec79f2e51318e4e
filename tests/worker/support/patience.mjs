/** The deadline for anything a test waits for, in milliseconds. It is generous, so that missing it always means a bug. */
export const patience = 60_000;

/** Resolves as `promise` does, or rejects with the sentence of `complaint()` after the deadline. */
export async function inTime(promise, complaint) {
  const error = new Error();
  let timer;
  const tooLong = new Promise((_, reject) => {
    timer = setTimeout(() => {
      error.message = `after ${patience / 1000} s: ${complaint()}`;
      reject(error);
    }, patience);
  });
  try {
    return await Promise.race([promise, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}
