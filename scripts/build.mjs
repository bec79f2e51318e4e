// npm run build, and what wrangler runs before it serves or deploys: the release Worker in build/, and the page in build/web.
import './lib/node-version.mjs';
import { setUp } from './lib/setup.mjs';
import { beBrief, script, step } from './lib/steps.mjs';
import { buildWeb } from './lib/web-build.mjs';
import { buildWorker } from './lib/worker-build.mjs';

await script(async () => {
  // Wrangler shows every line with a prefix; it matters there only when something was built.
  if (process.env.WRANGLER_COMMAND) beBrief();
  await setUp();
  await step('Worker', buildWorker);
  await step('web client', buildWeb);
});
