// npm run build:web: builds the page alone into build/web, for any static host. VITE_API_URL and VITE_WEBSOCKET_URL name its server.
import './lib/node-version.mjs';
import { installNpmPackages } from './lib/npm-packages.mjs';
import { script, step } from './lib/steps.mjs';
import { buildWeb } from './lib/web-build.mjs';

await script(async () => {
  await step('npm packages', installNpmPackages);
  await step('web client', buildWeb);
});
