// npm run build:web: the page alone, in build/web, for any static host. VITE_API_URL and VITE_WEBSOCKET_URL say where its server
// is.
import './lib/node-version.mjs';
import { installNpmPackages } from './lib/npm-packages.mjs';
import { script, step } from './lib/steps.mjs';
import { buildWeb } from './lib/web-build.mjs';

await script(async () => {
  await step('npm packages', installNpmPackages);
  await step('web client', buildWeb);
});
