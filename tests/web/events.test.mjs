// Checks api/events.ts against api/asyncapi.json, event by event and field by field: the compiler compares types generated from
// the description with those in the file.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { scratchFolder } from '../worker/support/scratch.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const description = JSON.parse(readFileSync(join(root, 'api/asyncapi.json'), 'utf8'));
const compiler = join(root, 'node_modules/typescript/bin/tsc');

/** Resolves a `$ref`. */
function resolve(api, node) {
  if (!node.$ref) return node;
  return resolve(api, node.$ref.slice(2).split('/').reduce((value, key) => value[key], api));
}

/** Converts a JSON schema to a type. */
function typeOf(api, schema) {
  const { type, oneOf, items, properties, required = [], ...rest } = resolve(api, schema);
  if ('const' in rest) return JSON.stringify(rest.const);
  if (rest.enum) return rest.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (oneOf) return oneOf.map((option) => typeOf(api, option)).join(' | ');
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `(${typeOf(api, items)})[]`;
    case 'object': {
      const mark = (name) => (required.includes(name) ? '' : '?');
      const fields = Object.entries(properties).map(([name, value]) => `${name}${mark(name)}: ${typeOf(api, value)}`);
      return `{ ${fields.join('; ')} }`;
    }
    case undefined:
      return 'unknown';
    default:
      throw new Error(`no type for ${type}`);
  }
}

/** Generates the two interfaces from the description. */
function interfaces(api) {
  const sent = [];
  const received = [];
  for (const { action, messages, reply } of Object.values(api.operations)) {
    const { name, payload } = resolve(api, messages[0]);
    const data = typeOf(api, payload);
    if (action === 'send') {
      received.push(`${name}: (${data === 'null' ? '' : `data: ${data}`}) => void;`);
    } else {
      const answer = typeOf(api, resolve(api, reply.messages[0]).payload);
      sent.push(`${name}: (data: ${data}, answer?: (answer: ${answer}) => void) => void;`);
    }
  }
  return `interface Sent { ${sent.join('\n')} }\ninterface Received { ${received.join('\n')} }\n`;
}

const comparison = `
/** A type that merges the fields of intersections into one object. */
type Flat<T> = T extends (infer Item)[] ? Flat<Item>[]
  : T extends (...parameters: infer Parameters) => infer Result ? (...parameters: FlatAll<Parameters>) => Result
  : T extends object ? { [Key in keyof T]: Flat<T[Key]> }
  : T;
type FlatAll<T extends unknown[]> = { [Key in keyof T]: Flat<T[Key]> };
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
type Check<Ours, Described> = {
  [Event in keyof Ours | keyof Described]:
    Event extends keyof Ours & keyof Described ? Same<Flat<Ours[Event]>, Flat<Described[Event]>> : false;
};
type AllTrue<T> = { [Key in keyof T]: true };
declare const sent: Check<ClientToServerEvents, Sent>;
declare const received: Check<ServerToClientEvents, Received>;
export const sentIsSame: AllTrue<typeof sent> = sent;
export const receivedIsSame: AllTrue<typeof received> = received;
`;

/** Returns the compiler's complaints about events.ts and this description; empty if they agree. */
function differences(t, api) {
  const folder = scratchFolder(t);
  const file = join(folder, 'check.ts');
  const events = JSON.stringify(join(root, 'api/events.ts'));
  writeFileSync(file, `import type { ClientToServerEvents, ServerToClientEvents } from ${events};\n${interfaces(api)}${comparison}`);
  const strictness = ['--strict', '--exactOptionalPropertyTypes'];
  const modules = ['--module', 'esnext', '--moduleResolution', 'bundler', '--allowImportingTsExtensions'];
  const flags = ['--ignoreConfig', '--noEmit', ...strictness, ...modules, '--lib', 'es2022', '--types', ''];
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, ...flags, file], { encoding: 'utf8' });
  assert.ok(status !== null && stderr === '', stderr);
  return status === 0 ? '' : stdout;
}

describe('the event types', () => {
  it('match the AsyncAPI description, with every event, field and acknowledgement', (t) => {
    assert.equal(differences(t, description), '');
  });

  const payload = (api, name) => api.components.messages[name].payload;
  const changes = [
    ['an event of the server that is missing', (api) => delete api.operations.emit_token_expired, 'token_expired'],
    ['an event of the client that is missing', (api) => delete api.operations.end_call, 'end_call'],
    ['a field that is missing', (api) => delete api.components.schemas.Message.properties.timestamp, 'message_history'],
    ['a field that is optional', (api) => payload(api, 'send_message').required.pop(), 'send_message'],
    ['a field of another type', (api) => (payload(api, 'load_history').properties.limit.type = 'string'), 'load_history'],
    ['an acknowledgement that says more', (api) => (payload(api, 'end_call_ack').oneOf[0].properties.more = {}), 'end_call'],
    ['a reason that is new', (api) => api.components.schemas.CallEndReason.enum.push('boredom'), 'call_ended'],
  ];
  for (const [what, change, event] of changes) {
    it(`fail this test with ${what}`, (t) => {
      const api = structuredClone(description);
      change(api);
      assert.match(differences(t, api), new RegExp(`\\b${event}\\b`));
    });
  }
});

describe('the description', () => {
  const sources = (folder) => readdirSync(join(root, folder), { recursive: true })
    .filter((file) => file.endsWith('.rs'))
    .map((file) => readFileSync(join(root, folder, file), 'utf8'))
    .join('\n');

  it('lists every code with which the chat refuses an event', () => {
    const { enum: codes } = description.components.schemas.RefusalCode;
    const refusals = /(?:Refusal::(?:invalid|new|too_many)\(\s*(?:RefusalKind::\w+,\s*)?|conflict\(\s*)"([a-z_]+)"/g;
    const used = new Set([...sources('src/chat').matchAll(refusals)].map(([, code]) => code));
    assert.ok(used.size > 15, [...used].join());
    // Codes that refuse a connection do not answer events.
    used.delete('too_many_connections');
    assert.deepEqual([...used].filter((code) => !codes.includes(code)), []);
  });

  it('lists every reason for which a call ends', () => {
    const signal = readFileSync(join(root, 'src/chat/calls/signal.rs'), 'utf8');
    const [, variants] = /pub enum Reason \{([^}]*)\}/.exec(signal);
    const snakeCase = (name) => name.replace(/\B[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
    const names = [...variants.matchAll(/^ +([A-Z]\w+),$/gm)].map(([, name]) => snakeCase(name));
    assert.deepEqual(description.components.schemas.CallEndReason.enum, names);
  });
});
