// npm run deploy: runs the checks, then `wrangler deploy` with the given arguments, as in `npm run deploy -- --env staging`.
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
    throw new Refusal('Nothing was deployed, because a check failed; see above.');
  }

  const scratch = mkdtempSync(join(tmpdir(), 'natter-deploy-'));
  try {
    const secret = uploads ? await secretToUpload(args) : undefined;
    const secretArgs = secret ? ['--secrets-file', secretsFile(scratch, secret)] : [];
    const code = await runAttached(projectNode, [wranglerScript, 'deploy', ...secretArgs, ...args], { env: wranglerEnv });
    if (code !== 0) throw new Refusal('wrangler deploy failed; see its output above.');
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});

async function requireLogin() {
  // The deployment itself reports a wrong token, and a token that may only deploy cannot ask whose it is.
  if (process.env.CLOUDFLARE_API_TOKEN) return;
  const { code, output } = await run(projectNode, [wranglerScript, 'whoami', '--json'], { env: wranglerEnv });
  if (code === 0) return;
  throw new Refusal(
    'You are not logged in to Cloudflare: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN, and run the command again.',
    /"loggedIn": *false/.test(output) ? {} : { log: output },
  );
}

/**
 * Resolves to the JWT_SECRET to deploy: the one in the environment, or a random one if the Worker has none. It resolves to
 * undefined if the Worker keeps the one it has, and with it every login.
 */
async function secretToUpload(args) {
  if (process.env.JWT_SECRET) return process.env.JWT_SECRET;
  const { code, output } = await run(projectNode, [wranglerScript, 'secret', 'list', ...targetArgs(args)], { env: wranglerEnv });
  if (code === 0 && output.includes('"JWT_SECRET"')) return undefined;
  if (code === 0 || /^.*Worker "[^"]+".* not found/m.test(output)) {
    console.log('This Worker has no JWT_SECRET yet. It gets a random one, which only Cloudflare stores.');
    return newSecret();
  }
  throw new Refusal('Nothing was deployed, because Cloudflare did not list the secrets of the Worker; see above.', { log: output });
}

/** Returns the arguments that select the Worker. */
function targetArgs(args) {
  return args.flatMap((arg, index) => {
    if (/^(--env|--name|--config|--profile|-e|-c)=/.test(arg)) return [arg];
    if (/^(--env|--name|--config|--profile|-e|-c)$/.test(arg)) return args.slice(index, index + 2);
    return [];
  });
}

// Every process of the machine could read a command line. The format is JSON, because wrangler expands `$` in the other one.
function secretsFile(directory, secret) {
  const path = join(directory, 'secrets.json');
  writeFileSync(path, JSON.stringify({ JWT_SECRET: secret }), { mode: 0o600 });
  return path;
}
