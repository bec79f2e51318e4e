// Measures how much a flood slows other users down, and how much the time of a refused login reveals. Both are ratios of two
// measurements that alternate, so that other load on the machine affects both alike.
import { Client } from '../../worker/support/client.mjs';
import { Flood } from '../../worker/support/flood.mjs';
import { post } from '../../worker/support/rest.mjs';
import { claims, sign } from '../../worker/support/tokens.mjs';
import { secret } from './competitors.mjs';
import { median } from './statistics.mjs';

/** Settings that throttle a flood, but never a normal user. */
export const floodVars = { MESSAGES_PER_MINUTE: '2400' };
const sendsInTurn = 10;

/** Measures the time from sending to receiving, with and without another user's flood. */
export async function flood(server, turns) {
  const url = `http://${server.address}`;
  const token = (username) => sign(secret, claims(username));
  const [ann, listener] = ['ann', 'listener'].map((name) => new Client(url, { token: token(name), transports: ['websocket'] }));
  await Promise.all([ann, listener].map((client) => client.next('online_users')));
  const flooder = await Flood.of(url, token('flooder'));
  const measure = async (into) => {
    const started = performance.now();
    const { message } = await ann.ask('send_message', { text: 'hello' });
    await listener.next('new_message', ({ id }) => id === message.id);
    into.push(performance.now() - started);
  };
  const times = { calm: [], flooded: [] };
  try {
    for (let turn = 0; turn < turns; turn += 1) {
      for (let count = 0; count < sendsInTurn; count += 1) await measure(times.calm);
      flooder.flow();
      await flooder.refusal();
      for (let count = 0; count < sendsInTurn; count += 1) await measure(times.flooded);
      flooder.rest();
    }
  } finally {
    await flooder.end();
    await Promise.all([ann, listener].map((client) => client.leave()));
  }
  const [calm, flooded] = [median(times.calm), median(times.flooded)];
  return { calm, flooded, ratio: flooded / calm };
}

/** Measures refused logins of an existing and a missing user; `ratio` is the longer time to the shorter. */
export async function strangers(server, tries) {
  const url = `http://${server.address}`;
  await post(url, '/api/auth/register', { username: 'known', password: 'nine purple ferrets juggle' });
  const times = { known: [], unknown: [] };
  for (let count = 0; count < tries; count += 1) {
    for (const username of count % 2 ? ['known', 'unknown'] : ['unknown', 'known']) {
      const started = performance.now();
      const { status } = await post(url, '/api/auth/login', { username, password: 'not the right one' });
      if (status !== 401) throw new Error(`a wrong password is answered with ${status}`);
      times[username].push(performance.now() - started);
    }
  }
  const [known, unknown] = [median(times.known), median(times.unknown)];
  return { known, unknown, ratio: Math.max(known, unknown) / Math.min(known, unknown) };
}
