// Builds the examples into build/examples. wrangler runs it before it serves them.
import './lib/node-version.mjs';
import { setUp } from './lib/setup.mjs';
import { beBrief, script, step } from './lib/steps.mjs';
import { buildExamples } from './lib/worker-build.mjs';

await script(async () => {
  if (process.env.WRANGLER_COMMAND) beBrief();
  await setUp();
  await step('examples', buildExamples);
});
