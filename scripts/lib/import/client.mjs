// Sends accounts to a server in batches. A batch whose answer is lost is sent again, because imports can be repeated.
import { createHmac } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Refusal } from '../steps.mjs';

// At or below the limits of the server: 100 entries and 64 KiB.
const mostEntries = 100;
const mostBytes = 48_000;

const tries = 6;
const answerLimitMs = 30_000;
const tokenSeconds = 120;
const longestPauseMs = 30_000;

/** Returns an importer for the server at `url`, an origin. Its JWT_SECRET is `secret`, which comes from `source`. */
export function importer(url, { secret, source }) {
  return {
    /** Resolves to the entries with the server's verdicts: `status`, `username` and `key`, or `problem` and perhaps `key`. */
    async send(entries, { dryRun }) {
      const answered = [];
      try {
        for (const batch of batches(entries)) answered.push(...(await sendBatch(url, secret, batch, dryRun)));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const after = dryRun ? 'Nothing was imported' : `${answered.length} of ${entries.length} accounts were imported, perhaps more: run the command again`;
        throw new Refusal(`${error.message.replace('{source}', source)} ${after}.`);
      }
      return answered;
    },
  };
}

/** Signs an operator token for one request. */
export function operatorToken(secret, origin, now = Date.now()) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const iat = Math.floor(now / 1000);
  const payload = { scope: 'import', aud: origin, iat, exp: iat + tokenSeconds };
  const message = `${encode({ typ: 'JWT', alg: 'HS256' })}.${encode(payload)}`;
  const key = createHmac('sha256', secret).update('natter: operator tokens').digest();
  return `${message}.${createHmac('sha256', key).update(message).digest('base64url')}`;
}

/** Groups the entries into batches that fit into a request each. */
export function batches(entries) {
  const all = [];
  let bytes = Infinity;
  for (const entry of entries) {
    const size = Buffer.byteLength(JSON.stringify(body(entry))) + 1;
    if (bytes + size > mostBytes || all.at(-1).length === mostEntries) {
      all.push([]);
      bytes = 0;
    }
    all.at(-1).push(entry);
    bytes += size;
  }
  return all;
}

function body({ username, passwordHash, createdAt }) {
  return { username, passwordHash, createdAt };
}

async function sendBatch(url, secret, batch, dryRun) {
  const text = JSON.stringify({ kind: 'users', version: 1, dryRun, entries: batch.map(body) });
  const { results } = await request(url, secret, text);
  if (!Array.isArray(results) || results.length !== batch.length) throw new Refusal(`${url} sent an unexpected answer.`);
  return batch.map((entry, index) => {
    const { status, username, key, code, error } = results[index];
    return status === 'refused' ? { name: entry.name, key, problem: { code, error } } : { ...entry, status, username, key };
  });
}

async function request(url, secret, text) {
  let complaint;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    if (attempt > 0) await wait(complaint.pauseMs ?? Math.min(250 * 2 ** attempt, longestPauseMs));
    let response, answer;
    try {
      response = await fetch(`${url}/api/admin/import`, {
        method: 'POST',
        headers: { authorization: `Bearer ${operatorToken(secret, url)}`, 'content-type': 'application/json' },
        body: text,
        // A redirect would hand the token and the hashes to another server.
        redirect: 'manual',
        signal: AbortSignal.timeout(answerLimitMs),
      });
      answer = await response.text();
    } catch (error) {
      complaint = { sentence: `${url} cannot be reached: ${error.cause?.code ?? error.cause?.message ?? error.message}.` };
      continue;
    }
    const { status } = response;
    const parsed = parse(answer);
    if (status === 200 && parsed) return parsed;
    if (status === 401) throw new Refusal(`${url} does not accept the secret from {source}: ${parsed?.error ?? 'it answers 401.'}`);
    if (status === 404 || status === 405) throw new Refusal(`${url} is not a Natter server, or too old to import accounts.`);
    if (status < 500 && status !== 429) throw new Refusal(`${url} answers ${status}${parsed?.error ? `: ${parsed.error}` : '.'}`);
    const seconds = Number(response.headers.get('retry-after'));
    complaint = { sentence: `${url} answers ${status}.`, pauseMs: seconds > 0 ? Math.min(seconds * 1000, longestPauseMs) : undefined };
  }
  throw new Refusal(complaint.sentence);
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
