// Finds the secret behind operator tokens, which is the server's JWT_SECRET.
import { jwtSecret } from '../dev-vars.mjs';
import { Refusal } from '../steps.mjs';
import { isLoopback } from './arguments.mjs';

/** Returns `{ secret, source }` for the server at `url`: from the environment, or from .dev.vars for a local server. */
export function operatorSecret(url) {
  if (process.env.JWT_SECRET) return { secret: process.env.JWT_SECRET, source: 'the environment variable JWT_SECRET' };
  if (!isLoopback(url)) {
    throw new Refusal(
      `${url} has to know that you are its operator: set the environment variable JWT_SECRET to the secret it was deployed with. ` +
        'Cloudflare does not reveal it. `npx wrangler secret put JWT_SECRET` sets a new one, which logs everyone out.',
    );
  }
  const secret = jwtSecret();
  if (!secret) throw new Refusal('.dev.vars has no readable JWT_SECRET: start the server once with `npm start`, or set the environment variable JWT_SECRET.');
  return { secret, source: '.dev.vars' };
}
