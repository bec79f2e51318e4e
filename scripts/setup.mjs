// npm run setup: installs what this machine lacks, and does nothing else.
import './lib/node-version.mjs';
import { setUp } from './lib/setup.mjs';
import { script } from './lib/steps.mjs';

await script(setUp);
