// The output of the scripts: one line per step with its time, and one sentence for each failure.
const paint = (code, text) => (process.stdout.isTTY && !process.env.NO_COLOR ? `\x1b[${code}m${text}\x1b[0m` : text);
export const green = (text) => paint(32, text);
export const red = (text) => paint(31, text);
export const bold = (text) => paint(1, text);

/** An expected failure. Its message explains it completely, so it is shown without a stack. */
export class Refusal extends Error {
  constructor(sentence, { log } = {}) {
    super(sentence);
    this.log = log;
  }
}

export function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

export function done(text, since) {
  console.log(`${green('✓')} ${text.padEnd(64)} ${seconds(since).padStart(8)}`);
}

let brief = false;
/** Leaves out the lines of steps without work from now on. */
export function beBrief() {
  brief = true;
}

/**
 * Runs one step and reports it. `work` receives `announce`, which tells the user that something slow begins, and may return a
 * detail to append to the step's name.
 */
export async function step(name, work) {
  const started = performance.now();
  let worked = false;
  const detail = await work((what) => {
    worked = true;
    console.log(`  ${name}: ${what} …`);
  });
  if (worked || !brief) done(detail ? `${name}: ${detail}` : name, started);
}

/** Runs the body of a script. A refusal prints its sentence and sets exit code 1. */
export async function script(body) {
  try {
    await body();
  } catch (error) {
    explain(error);
    process.exitCode = 1;
  }
}

/** Prints a refusal, with its log. Throws any other error again. */
export function explain(error) {
  if (!(error instanceof Refusal)) throw error;
  if (error.log) console.error(error.log.trimEnd());
  console.error(`${red('✗')} ${error.message}`);
}
