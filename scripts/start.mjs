// npm start: sets this machine up, builds, and serves on http://127.0.0.1:8787, with its data in .wrangler/state. Arguments go to
// `wrangler dev`, as in `npm start -- --persist-to elsewhere`.
import './lib/node-version.mjs';
import { ensureJwtSecret } from './lib/dev-vars.mjs';
import { chosenPort, requireFreePort } from './lib/port.mjs';
import { serve } from './lib/serving.mjs';
import { setUp } from './lib/setup.mjs';
import { Refusal, done, script, step } from './lib/steps.mjs';
import { buildWeb } from './lib/web-build.mjs';
import { buildWorker } from './lib/worker-build.mjs';
import { wranglerEnv, wranglerScript } from './lib/wrangler.mjs';

const host = '127.0.0.1';
const startLimitMs = 60_000;
const unhealthyLimitMs = 5_000;

await script(async () => {
  const started = performance.now();
  const port = chosenPort();
  await requireFreePort(host, port);
  await setUp();
  await step('Worker', buildWorker);
  await step('web client', buildWeb);
  await step('JWT_SECRET', ensureJwtSecret);

  const server = serve(
    wranglerScript,
    // LOCAL_RUN admits the pages of this machine and distrusts every proxy. A deployed Worker never gets it.
    ['dev', '--ip', host, '--port', String(port), '--show-interactive-dev-session=false', '--var', 'LOCAL_RUN:true', ...process.argv.slice(2)],
    wranglerEnv,
  );
  try {
    const url = `http://${host}:${port}`;
    const crash = server.crashed.then((code) => fail(`wrangler dev ended with code ${code}`));
    await Promise.race([healthy(url), crash]);
    done(`Natter is ready on ${url}`, started);
    // From here on, a signal to stop is no failure.
    process.exitCode = 0;
    await crash;
  } finally {
    await server.stop();
  }
});

/** Resolves once the server is healthy. Fails if it keeps answering that it is not, or does not answer. */
async function healthy(url) {
  const deadline = performance.now() + startLimitMs;
  let unhealthySince;
  for (;;) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) return;
    const now = performance.now();
    if (answer) unhealthySince ??= now;
    if (now - unhealthySince > unhealthyLimitMs) {
      const { error } = await answer.json().catch(() => ({}));
      fail(`/health answers ${answer.status}${error ? ` (${error})` : ''}`);
    }
    if (now > deadline) fail(`it did not answer within ${startLimitMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function fail(what) {
  throw new Refusal(`Natter does not run: ${what}; see its log above.`);
}
