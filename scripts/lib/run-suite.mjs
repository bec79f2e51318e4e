// Runs a mocha suite against a conformance worker: run-suite.mjs PORT APPLICATION FOLDER MOCHA-ARGUMENT…
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { serveConformanceWorker } from '../../tests/conformance/server.mjs';

const [port, application, folder, ...args] = process.argv.slice(2);
const server = await serveConformanceWorker({ port: Number(port), application });
const mocha = spawn(process.execPath, [programOf('mocha'), ...args], { cwd: folder, stdio: 'inherit' });
mocha.on('close', async (code) => {
  await server.stop();
  process.exit(code ?? 1);
});

/** The program of a package, which npm may have installed above the folder. */
function programOf(name) {
  const require = createRequire(join(folder, 'package.json'));
  const manifest = require.resolve(`${name}/package.json`);
  return join(dirname(manifest), require(manifest).bin[name]);
}
