// The path and the environment of wrangler.
import { join } from 'node:path';
import { nodeModules } from './paths.mjs';

export const wranglerScript = join(nodeModules, 'wrangler', 'bin', 'wrangler.js');

export const wranglerEnv = {
  WRANGLER_SEND_METRICS: 'false',
  // Otherwise wrangler downloads a sample of `request.cf`.
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  // Traces make calls between objects ten times as slow; the explorer shows them and the data on a page.
  X_LOCAL_OBSERVABILITY: 'false',
  X_LOCAL_EXPLORER: 'false',
};
