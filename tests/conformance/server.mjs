// Serves the conformance worker in workerd.
import { fileURLToPath } from 'node:url';
import { serveWorker } from '../worker/support/serve-worker.mjs';

/** Where `npm run conformance` and `npm test` build it. */
export const conformanceBuild = fileURLToPath(new URL('../../build/conformance', import.meta.url));

/** The classes of the objects behind `/engine.io/` and `/socket.io/`: echoes, or what the client suites expect. */
const classes = {
  echo: { ENGINE: 'EngineObject', SOCKET: 'SocketObject' },
  support: { ENGINE: 'EngineSupportObject', SOCKET: 'SocketSupportObject' },
};

/** Starts it; see `serveWorker` for the options and what it resolves to. */
export function serveConformanceWorker({ application = 'echo', ...options } = {}) {
  return serveWorker({ ...options, name: 'conformance', build: conformanceBuild, objects: classes[application] });
}
