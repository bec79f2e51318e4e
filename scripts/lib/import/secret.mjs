// The secret from which operator tokens are made: the server's own JWT_SECRET.
import { jwtSecret } from '../dev-vars.mjs';
import { Refusal } from '../steps.mjs';
import { isLoopback } from './arguments.mjs';

/** `{ secret, source }` for the server at `url`: from the environment, or for a local one from .dev.vars. */
export function operatorSecret(url) {
  if (process.env.JWT_SECRET) return { secret: process.env.JWT_SECRET, source: 'the environment variable JWT_SECRET' };
  if (!isLoopback(url)) {
    throw new Refusal(
      `${url} needs to know that you are its operator: set the environment variable JWT_SECRET to the secret that it was ` +
        'deployed with. Cloudflare does not tell it; a new one is set with `npx wrangler secret put JWT_SECRET`, which logs everybody out.',
    );
  }
  const secret = jwtSecret();
  if (!secret) throw new Refusal('.dev.vars has no JWT_SECRET that can be read: start the server once with `npm start`, or set JWT_SECRET.');
  return { secret, source: '.dev.vars' };
}
