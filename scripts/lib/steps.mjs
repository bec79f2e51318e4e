// What a person sees: one line a step with its time, and one sentence when something is in the way.
const paint = (code, text) => (process.stdout.isTTY && !process.env.NO_COLOR ? `\x1b[${code}m${text}\x1b[0m` : text);
export const green = (text) => paint(32, text);
export const red = (text) => paint(31, text);
export const bold = (text) => paint(1, text);

/** An expected failure: its message is the whole explanation, so it is shown without a stack. */
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
/** From now on, steps that found nothing to do are not mentioned. */
export function beBrief() {
  brief = true;
}

/**
 * Runs one step and reports it. `work` may return what to add to its name, and is given `announce` to say
 * beforehand that something long begins.
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

/** The body of a script: turns a refusal into its sentence and exit code 1. */
export async function script(body) {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.log) console.error(error.log.trimEnd());
    console.error(`${red('✗')} ${error.message}`);
    process.exitCode = 1;
  }
}
