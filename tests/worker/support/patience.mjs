// How long a test waits for what has to come. Far more than anything takes: who waits this long has found a bug.

const millis = 30_000;

export const patience = {
  /** As a number it is milliseconds. */
  valueOf: () => millis,

  /** What `promise` resolves to; an error with the sentence of `complaint()` if it takes too long. */
  async for(promise, complaint) {
    const started = new Error();
    let timer;
    const tooLong = new Promise((_, reject) => {
      timer = setTimeout(() => {
        started.message = `after ${millis / 1000} s: ${complaint()}`;
        reject(started);
      }, millis);
    });
    try {
      return await Promise.race([promise, tooLong]);
    } finally {
      clearTimeout(timer);
    }
  },
};
