// Runs the mocha suite in the given folder against a conformance worker on the port that the suite expects.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { serveConformanceWorker } from '../../tests/conformance/server.mjs';

const [folder] = process.argv.slice(2);
const server = await serveConformanceWorker({ port: 3000 });
const mocha = spawn(process.execPath, [join(folder, 'node_modules/mocha/bin/mocha'), 'test-suite.js'], {
  cwd: folder,
  stdio: 'inherit',
});
mocha.on('close', async (code) => {
  await server.stop();
  process.exit(code ?? 1);
});
