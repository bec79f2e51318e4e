// npm run screenshots -- [--docs] [scene…]: takes pictures of the web client's main states into the folder screenshots, light and
// dark, on a desktop and on a phone. --docs also updates the ones in docs/images.
import './lib/node-version.mjs';
import { fileURLToPath } from 'node:url';
import { requireChromium } from './lib/chromium.mjs';
import { run } from './lib/command.mjs';
import { projectNode } from './lib/paths.mjs';
import { setUp } from './lib/setup.mjs';
import { Refusal, script, step } from './lib/steps.mjs';
import { buildWeb } from './lib/web-build.mjs';
import { buildWorker } from './lib/worker-build.mjs';

const photographer = fileURLToPath(new URL('lib/photographer.mjs', import.meta.url));

await script(async () => {
  await setUp();
  await step('Worker', buildWorker);
  await step('web client', buildWeb);
  await step('Chromium', requireChromium);
  await step('screenshots', async () => {
    const { code, output } = await run(projectNode, [photographer, ...process.argv.slice(2)]);
    if (code !== 0) throw new Refusal('The screenshots could not be taken; see the reason above.', { log: output });
    return output.trim();
  });
});
