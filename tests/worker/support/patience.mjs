/** How long a test waits for what has to come, in milliseconds. Far more than anything takes: who waits this long found a bug. */
export const patience = 60_000;

/** What `promise` resolves to; an error with the sentence of `complaint()` if it takes too long. */
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
