// npm run setup: installs what is missing on this machine, and nothing else.
import './lib/node-version.mjs';
import { setUp } from './lib/setup.mjs';
import { script } from './lib/steps.mjs';

await script(setUp);
