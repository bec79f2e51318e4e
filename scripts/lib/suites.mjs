// The suites of the socket.io repository, each with the server that it expects. They are copied and run there.
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exclusions } from '../../tests/conformance/exclusions.mjs';
import { clientPackages, prepareClientPackages } from './client-packages.mjs';
import { mustRun, run } from './command.mjs';
import { mochaCounts } from './counts.mjs';
import { projectNode, root } from './paths.mjs';
import { Refusal, step } from './steps.mjs';

/** What one run may take: far above what it needs. */
const limitMs = 300_000;

const rounds = [1, 2, 3].map((round) => ({ title: `round ${round} of 3` }));

/**
 * `port` is where the suite looks for its server, `application` what it expects there; `args` are mocha's. A suite runs once for
 * each of its `runs`.
 */
export const suites = [
  {
    name: 'engine.io-protocol',
    title: 'Engine.IO v4',
    folder: 'docs/engine.io-protocol/v4-test-suite',
    port: 3000,
    application: 'echo',
    args: ['test-suite.js'],
    runs: rounds,
  },
  {
    name: 'socket.io-protocol',
    title: 'Socket.IO v5',
    folder: 'docs/socket.io-protocol/v5-test-suite',
    port: 3000,
    application: 'echo',
    args: ['test-suite.js'],
    runs: rounds,
  },
  {
    name: 'engine.io-client',
    title: 'Engine.IO client',
    folder: join('packages', 'engine.io-client'),
    port: 3000,
    application: 'support',
    args: ['--exit', 'test/index.js'],
    runs: [
      { title: 'as in Node.js by default' },
      { title: 'with fetch()', env: { USE_FETCH: '1' } },
      { title: 'with the built-in WebSocket', env: { USE_BUILTIN_WS: '1' } },
    ],
  },
  {
    name: 'socket.io-client',
    title: 'Socket.IO client',
    folder: join('packages', 'socket.io-client'),
    port: 3210,
    application: 'support',
    args: ['--import=tsx', '--exit', 'test/index.ts'],
    runs: [{ title: 'as in Node.js by default' }],
  },
];

/** Whether this is a checkout with every suite. */
export function hasSuites(checkout) {
  return [...suites.map(({ folder }) => folder), ...clientPackages].every((folder) => existsSync(join(checkout, folder, 'package.json')));
}

/** What the list leaves out of a suite. */
export function exclusionsOf({ name }) {
  return exclusions.filter(({ suite }) => suite === name);
}

/** Copies a suite, to `scratch` unless the copy is kept, with everything it needs. Resolves to its folder. */
export async function prepareSuite(suite, checkout, scratch) {
  for (const { file, tests } of exclusionsOf(suite)) {
    if (file) requireTests(join(checkout, suite.folder, file), tests);
  }
  if (clientPackages.includes(suite.folder)) {
    let copy;
    await step(`packages of the ${suite.title} suite`, async (announce) => {
      copy = await prepareClientPackages(checkout, announce);
    });
    return join(copy, suite.folder);
  }
  const copy = join(scratch, suite.name);
  cpSync(join(checkout, suite.folder), copy, { recursive: true });
  await step(`packages of the ${suite.title} suite`, () => mustRun('npm', ['ci'], { cwd: copy }));
  return copy;
}

/** Runs the copy of a suite in `folder` once, and resolves to `{ passed, failed, excluded }`. */
export async function runSuite(suite, folder, env) {
  const excluded = exclusionsOf(suite);
  const titles = excluded.filter(({ file }) => !file).flatMap(({ tests }) => tests);
  const args = ['--require', join(root, 'tests', 'conformance', 'mocha-hooks.mjs'), ...suite.args];
  const { code, output } = await run(projectNode, [join(root, 'scripts/lib/run-suite.mjs'), suite.port, suite.application, folder, ...args], {
    env: { ...env, NATTER_EXCLUDED: JSON.stringify(titles) },
    show: true,
    limitMs,
  });
  const { passed, failed } = mochaCounts(output);
  // A suite that does not start, or ends before its summary, prints no count of failures.
  return { passed, failed: failed || Number(code !== 0 || passed === 0), excluded: excluded.flatMap(({ tests }) => tests).length };
}

/** Refuses to leave out a file that has other tests than those listed. */
function requireTests(file, tests) {
  const found = [...readFileSync(file, 'utf8').matchAll(/\bit\("([^"]+)"/g)].map(([, title]) => title);
  const difference = [...found.filter((title) => !tests.includes(title)), ...tests.filter((title) => !found.includes(title))];
  if (difference.length > 0) {
    throw new Refusal(`tests/conformance/exclusions.mjs and ${file} differ in: ${difference.join(', ')}.`);
  }
}
