// npm run deploy: the checks, then `wrangler deploy` with whatever arguments are given, as in `npm run deploy -- --env staging`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import './lib/node-version.mjs';
import { run, runAttached } from './lib/command.mjs';
import { newSecret } from './lib/dev-vars.mjs';
import { projectNode } from './lib/paths.mjs';
import { setUp } from './lib/setup.mjs';
import { Refusal, script } from './lib/steps.mjs';
import { wranglerEnv, wranglerScript } from './lib/wrangler.mjs';

const testScript = fileURLToPath(new URL('test.mjs', import.meta.url));

await script(async () => {
  const args = process.argv.slice(2);
  const uploads = !args.includes('--dry-run');

  await setUp();
  if (uploads) await requireLogin();
  if ((await runAttached(process.execPath, [testScript])) !== 0) {
    throw new Refusal('Nothing was deployed: a check failed, see above.');
  }

  const scratch = mkdtempSync(join(tmpdir(), 'natter-deploy-'));
  try {
    const secret = uploads ? await secretToUpload(args) : undefined;
    const secretArgs = secret ? ['--secrets-file', secretsFile(scratch, secret)] : [];
    const code = await runAttached(projectNode, [wranglerScript, 'deploy', ...secretArgs, ...args], { env: wranglerEnv });
    if (code !== 0) throw new Refusal('wrangler deploy failed; what it printed stands above.');
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});

async function requireLogin() {
  // A token that is wrong is told by the deployment itself, and one that may only deploy cannot ask who it is.
  if (process.env.CLOUDFLARE_API_TOKEN) return;
  const { code, output } = await run(projectNode, [wranglerScript, 'whoami', '--json'], { env: wranglerEnv });
  if (code === 0) return;
  throw new Refusal(
    'You are not logged in to Cloudflare: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN, and run the command again.',
    /"loggedIn": *false/.test(output) ? {} : { log: output },
  );
}

/**
 * The JWT_SECRET to deploy with: that of the environment, or a new random one where the Worker has none yet. Any later
 * deployment keeps the one it has, and with it every session.
 */
async function secretToUpload(args) {
  if (process.env.JWT_SECRET) return process.env.JWT_SECRET;
  const { code, output } = await run(projectNode, [wranglerScript, 'secret', 'list', ...targetArgs(args)], { env: wranglerEnv });
  if (code === 0 && output.includes('"JWT_SECRET"')) return undefined;
  if (code === 0 || /^.*Worker "[^"]+".* not found/m.test(output)) {
    console.log('This Worker has no JWT_SECRET yet: it gets a random one, which is stored at Cloudflare only.');
    return newSecret();
  }
  throw new Refusal('Nothing was deployed: Cloudflare did not tell which secrets the Worker has, see above.', { log: output });
}

/** Those of the arguments that say which Worker is meant. */
function targetArgs(args) {
  return args.flatMap((arg, index) => {
    if (/^(--env|--name|--config|--profile|-e|-c)=/.test(arg)) return [arg];
    if (/^(--env|--name|--config|--profile|-e|-c)$/.test(arg)) return args.slice(index, index + 2);
    return [];
  });
}

// Not on the command line, where every process of the machine could read it; JSON, since wrangler expands `$` in the other format.
function secretsFile(directory, secret) {
  const path = join(directory, 'secrets.json');
  writeFileSync(path, JSON.stringify({ JWT_SECRET: secret }), { mode: 0o600 });
  return path;
}
