// npm run build: builds the release Worker into build/ and the page into build/web. wrangler runs it before it serves or deploys.
import './lib/node-version.mjs';
import { setUp } from './lib/setup.mjs';
import { beBrief, script, step } from './lib/steps.mjs';
import { buildWeb } from './lib/web-build.mjs';
import { buildWorker } from './lib/worker-build.mjs';

await script(async () => {
  // wrangler repeats every line with a prefix, so steps without work are left out there.
  if (process.env.WRANGLER_COMMAND) beBrief();
  await setUp();
  await step('Worker', buildWorker);
  await step('web client', buildWeb);
});
