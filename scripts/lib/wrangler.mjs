// How the scripts call wrangler.
import { join } from 'node:path';
import { nodeModules } from './paths.mjs';

export const wranglerScript = join(nodeModules, 'wrangler', 'bin', 'wrangler.js');

export const wranglerEnv = {
  WRANGLER_SEND_METRICS: 'false',
  // Otherwise it fetches a sample of `request.cf` from the network.
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  // Traces of every call between objects, which then take ten times as long, and a page to look at them and at the data.
  X_LOCAL_OBSERVABILITY: 'false',
  X_LOCAL_EXPLORER: 'false',
};
