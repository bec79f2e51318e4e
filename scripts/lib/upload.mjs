// The size of the upload, as wrangler counts it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './command.mjs';
import { projectNode } from './paths.mjs';
import { wranglerEnv, wranglerScript } from './wrangler.mjs';

/** Resolves to the size of the compressed upload in bytes; to undefined if the dry run fails. */
export async function uploadBytes({ show = false } = {}) {
  const scratch = mkdtempSync(join(tmpdir(), 'natter-upload-'));
  try {
    const args = [wranglerScript, 'deploy', '--dry-run', '--outdir', scratch];
    const { code, output } = await run(projectNode, args, { env: wranglerEnv, show });
    const [, kibibytes] = /gzip: ([\d.]+) KiB/.exec(output) ?? [];
    return code === 0 && kibibytes ? Number(kibibytes) * 1024 : undefined;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
