// The interface descriptions are served, valid, and match the server.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { before, describe, it } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv';
import { operatorToken } from '../../scripts/lib/import/client.mjs';
import { openChatroom } from './support/chatroom.mjs';
import { post, request } from './support/rest.mjs';

const asyncapiSchema = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0-without-$id.json');
const secret = 'wT7kqZ0vR3nYb8LxJ5dGf2HcUa9PsE1m';
const root = new URL('../../', import.meta.url);

let room, openapi, asyncapi;
before(async () => {
  room = await openChatroom({ vars: { JWT_SECRET: secret } });
  [openapi, asyncapi] = await Promise.all(['/openapi.json', '/asyncapi.json'].map(async (path) => {
    const { status, body } = await request(room.url, path);
    assert.equal(status, 200);
    return body;
  }));
});

describe('the OpenAPI description', () => {
  it('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(openapi));
    assert.ok(valid, JSON.stringify(errors));
    assert.match(openapi.openapi, /^3\.1\./);
  });

  it('names every path and method that the server answers, and no other', async () => {
    const entry = await readFile(new URL('src/edge/mod.rs', root), 'utf8');
    const routed = [...entry.matchAll(/"(\/(?:api\/[a-z/-]+|health|[a-z]+\.json))"/g)].map(([, path]) => path);
    assert.deepEqual(Object.keys(openapi.paths).sort(), [...new Set(routed)].sort());
    for (const [path, operations] of Object.entries(openapi.paths)) {
      for (const method of ['get', 'put', 'post', 'delete', 'patch']) {
        const { status } = await request(room.url, path, { method: method.toUpperCase() });
        assert.equal(status !== 405, method in operations, `${method} ${path}: ${status}`);
      }
    }
  });

  it('matches the real answers', async () => {
    const ajv = new Ajv.default({ strict: false, validateFormats: false });
    ajv.addSchema(openapi, 'openapi');
    const assertDescribed = (pointer, value) => {
      const validate = ajv.getSchema(`openapi#${pointer}`);
      assert.ok(validate(value), JSON.stringify([value, validate.errors]));
    };
    const credentials = { username: 'described', password: 'correct horse battery staple' };
    const { body: session } = await post(room.url, '/api/auth/register', credentials);
    assertDescribed('/components/schemas/Welcome', session);
    assertDescribed('/components/schemas/Welcome', (await post(room.url, '/api/auth/login', credentials)).body);
    const renewed = (await post(room.url, '/api/auth/refresh', { refreshToken: session.refreshToken })).body;
    assertDescribed('/components/schemas/Session', renewed);
    const operator = { authorization: `Bearer ${operatorToken(secret, room.url)}` };
    const entries = [{ username: 'a', passwordHash: '', createdAt: '' }, {
      username: 'brought-over',
      passwordHash: '$2a$04$P.JZhjGY.0XxXgDrQBugDOaYuxCef3L5D2i8u0Nev3acl9JcgjulG',
      createdAt: '2024-05-06T07:08:09.010Z',
    }];
    for (const dryRun of [true, false, false]) {
      const { body: results } = await post(room.url, '/api/admin/import', { kind: 'users', version: 1, dryRun, entries }, operator);
      assertDescribed('/components/schemas/ImportResults', results);
    }
    assertDescribed('/components/schemas/Failure', (await post(room.url, '/api/auth/register', credentials)).body);
    const client = await room.join('described-too');
    await client.ask('send_message', { text: 'hello' });
    const headers = { authorization: `Bearer ${session.token}` };
    assertDescribed('/components/schemas/Page', (await request(room.url, '/api/messages', { headers })).body);
    const { body } = await request(room.url, '/api/auth/me', { headers });
    assertDescribed('/paths/~1api~1auth~1me/get/responses/200/content/application~1json/schema', body);
  });
});

describe('the AsyncAPI description', () => {
  it('is valid AsyncAPI 3', () => {
    const validate = new Ajv.default({ strict: false, validateFormats: false, logger: false }).compile(asyncapiSchema);
    assert.ok(validate(asyncapi), JSON.stringify(validate.errors?.slice(0, 5)));
    assert.match(asyncapi.asyncapi, /^3\./);
  });

  it('contains no dangling reference', () => {
    const references = [...JSON.stringify(asyncapi).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path);
    assert.ok(references.length > 20);
    for (const path of references) {
      assert.ok(path.split('/').reduce((value, key) => value?.[key], asyncapi), path);
    }
  });

  it('names every event that the server accepts', async () => {
    const folder = new URL('src/chat/commands/', root);
    const files = (await readdir(folder)).map((file) => readFile(new URL(file, folder), 'utf8'));
    const commands = (await Promise.all(files)).join('\n');
    const taken = [...commands.matchAll(/const NAME: &'static str = "([a-z_]+)"/g)].map(([, name]) => name);
    const described = Object.entries(asyncapi.operations).filter(([, { action }]) => action === 'receive').map(([name]) => name);
    assert.deepEqual(described.sort(), taken.sort());
  });
});
