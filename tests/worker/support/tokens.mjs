// JSON Web Tokens by hand, valid and forged.
import { createHmac } from 'node:crypto';

const encode = (value) => Buffer.from(value).toString('base64url');

/** Returns the claims that Natter writes, valid for an hour from now. */
export function claims(username) {
  const now = Math.floor(Date.now() / 1000);
  return { sub: username, username, iat: now, exp: now + 3600, iss: 'natter', aud: 'natter' };
}

/** Signs a token with these claims; `hash` is that of the HMAC. */
export function sign(secret, payload, { header = { alg: 'HS256', typ: 'JWT' }, hash = 'sha256' } = {}) {
  const signed = `${encode(JSON.stringify(header))}.${encode(JSON.stringify(payload))}`;
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`;
}

/** Returns a token without a signature. */
export function unsigned(payload) {
  return `${encode('{"alg":"none","typ":"JWT"}')}.${encode(JSON.stringify(payload))}.`;
}

/** Returns the header and claims of a token. Throws if the signature is wrong. */
export function open(secret, token) {
  const [header, payload, signature] = token.split('.');
  const expected = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url');
  if (signature !== expected) throw new Error('the signature is wrong');
  const decode = (part) => JSON.parse(Buffer.from(part, 'base64url'));
  return { header: decode(header), payload: decode(payload) };
}
