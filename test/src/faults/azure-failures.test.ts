import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type OpenStore, openStore } from '@megalith/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, within } from '../conformance/eventually.js';
import { bytesOf, keysOf, textOf, utf8 } from '../contracts/storage/object-bytes.js';
import {
  azureAccount,
  azureKey,
  azuriteIsThere,
  type RunningAzurite,
  startAzurite,
} from '../contracts/storage/start-azurite.js';

/** Puts one part of an object, and waits for the rest. */
const putting = `
  import { openStore } from '@megalith/core';
  const [url, endpoint] = process.argv.slice(1);
  const store = await openStore({ name: 'test', url, endpoint, clearance: 'restricted' });
  setInterval(() => {}, 1000);
  await store.put('a/half', (async function* () {
    for (let n = 0; n < 17; n++) yield new Uint8Array(2 ** 20).fill(n);
    await new Promise(() => {});
  })());
`;

describe.skipIf(!azuriteIsThere())('a store in Azure', () => {
  let azurite: RunningAzurite;
  let made = 0;
  beforeAll(async () => {
    process.env.AZURE_STORAGE_KEY = azureKey;
    azurite = await startAzurite();
  });
  afterAll(() => azurite?.close());

  const urlOfNew = () => `azure://${azureAccount}/test/faults/${made++}`;
  const opened = (url = urlOfNew()): Promise<OpenStore> =>
    openStore({ name: 'test', url, endpoint: azurite.endpoint, clearance: 'restricted' });

  const isUncommitted = async () => {
    const { ContainerClient, StorageSharedKeyCredential } = await import('@azure/storage-blob');
    const key = new StorageSharedKeyCredential(azureAccount, azureKey);
    const container = new ContainerClient(`${azurite.endpoint}/test`, key);
    for await (const { name } of container.listBlobsFlat({ includeUncommitedBlobs: true })) {
      if (name.endsWith('a/half')) return true;
    }
    return false;
  };

  test('a grant makes objects with its label, and neither replaces, reads, lists nor removes any', async () => {
    const store = await opened();
    const grant = await store.grant!('jobs/1 ü/', 60_000, 'confidential');
    if (grant.type !== 'put') throw new Error('it is another kind of grant');
    expect(grant.largestBytes).toBeGreaterThan(2 ** 30);
    expect(Math.abs(grant.expiresAt - Date.now() - 60_000)).toBeLessThan(10_000);
    const ask = async (method: string, name: string, query: string, body?: Uint8Array<ArrayBuffer>) => {
      const signal = AbortSignal.timeout(10_000);
      const headers = method === 'PUT' ? grant.headers : {};
      const answer = await fetch(`${grant.url}/${name}?${query}`, {
        method,
        headers,
        signal,
        ...(body ? { body } : {}),
      });
      await answer.body?.cancel();
      return answer.status;
    };
    expect(await ask('PUT', 'result', grant.query, utf8('made'))).toBe(201);
    expect(await store.head('jobs/1 ü/result')).toMatchObject({ bytes: 4, label: 'confidential' });
    expect(await textOf(store, 'jobs/1 ü/result')).toBe('made');
    for (const method of ['PUT', 'GET', 'HEAD', 'DELETE']) {
      const body = method === 'PUT' ? utf8('other') : undefined;
      expect(await ask(method, 'result', grant.query, body)).toBeGreaterThanOrEqual(400);
    }
    expect(await textOf(store, 'jobs/1 ü/result')).toBe('made');
    expect(await ask('PUT', 'unsigned', 'x=1', utf8('none'))).toBeGreaterThanOrEqual(400);
    expect(await keysOf(store)).toEqual(['jobs/1 ü/result']);
  });

  test('what was put in part when its client was killed is no object, and a repeat does it', async () => {
    const url = urlOfNew();
    const child = spawn(process.execPath, ['--input-type=module', '-e', putting, url, azurite.endpoint], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await eventually('a part is there', isUncommitted, 30_000);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const store = await opened(url);
    expect(await keysOf(store)).toEqual([]);
    expect(await store.head('a/half')).toBeUndefined();
    const again = new Uint8Array(2 ** 24 + 1).fill(7);
    await store.put('a/half', again, { ifAbsent: true });
    expect(Buffer.compare(await bytesOf(store, 'a/half'), again)).toBe(0);
  });

  test('more objects than one batch has are all removed', async () => {
    const store = await opened();
    const keys = Array.from({ length: 260 }, (_, n) => `many/${String(n).padStart(3, '0')}`);
    // What is in between is not there, and no error.
    const some = [keys[0]!, keys[255]!, keys[256]!, keys[259]!];
    await Promise.all(some.map(key => store.put(key, new Uint8Array(1))));
    expect(await keysOf(store)).toEqual(some);
    await store.delete(keys);
    expect(await keysOf(store)).toEqual([]);
  });

  test('a container that is missing is said by every call', async () => {
    const store = await opened(`azure://${azureAccount}/missing`);
    const calls = [
      () => store.put('a', utf8('x')),
      () => store.get('a'),
      () => store.head('a'),
      () => keysOf(store),
      () => store.delete(['a']),
    ];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({
        code: 'STORE_FAILED',
        hint: expect.stringContaining('make the container'),
      });
    }
  });

  test('credentials that are wrong or missing are said, and not shown', async () => {
    const secret = Buffer.from('hidden from everybody').toString('base64');
    const ways: readonly (readonly [Record<string, string>, string])[] = [
      [{ AZURE_STORAGE_KEY: secret }, 'NO_CREDENTIALS'],
      [
        {
          AZURE_STORAGE_CONNECTION_STRING: `DefaultEndpointsProtocol=https;AccountName=other;AccountKey=${secret};EndpointSuffix=x.y`,
        },
        'CONFIG',
      ],
      [{ AZURE_STORAGE_CONNECTION_STRING: `AccountKey=${secret}` }, 'NO_CREDENTIALS'],
      [{}, 'NO_CREDENTIALS'],
    ];
    delete process.env.AZURE_STORAGE_KEY;
    try {
      for (const [variables, code] of ways) {
        Object.assign(process.env, variables);
        const error = await (await opened()).head('a').catch((thrown: Error) => thrown);
        expect(error).toMatchObject({ code, hint: expect.stringContaining('AZURE_STORAGE_KEY') });
        expect(`${JSON.stringify(error)} ${(error as Error).stack}`).not.toContain(secret);
        for (const name of Object.keys(variables)) delete process.env[name];
      }
    } finally {
      process.env.AZURE_STORAGE_KEY = azureKey;
    }
  });

  test('a connection string says where the account is', async () => {
    delete process.env.AZURE_STORAGE_KEY;
    process.env.AZURE_STORAGE_CONNECTION_STRING = `DefaultEndpointsProtocol=http;AccountName=${azureAccount};AccountKey=${azureKey};BlobEndpoint=${azurite.endpoint};`;
    try {
      const store = await openStore({ name: 'test', url: urlOfNew(), clearance: 'restricted' });
      await store.put('a', utf8('hello'));
      expect(await textOf(store, 'a')).toBe('hello');
    } finally {
      delete process.env.AZURE_STORAGE_CONNECTION_STRING;
      process.env.AZURE_STORAGE_KEY = azureKey;
    }
  });

  test('a server that is gone is named by every call, soon', async () => {
    const store = await opened();
    await azurite.close();
    const calls = [
      () => store.put('a', utf8('x')),
      () => store.get('a'),
      () => keysOf(store),
      () => store.delete(['a']),
    ];
    const outcomes = await within(40_000, 'all calls', Promise.allSettled(calls.map(call => call())));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        reason: { code: 'STORE_FAILED', message: expect.stringContaining(`${store.url} at ${azurite.endpoint}`) },
      });
      expect(JSON.stringify(outcome)).not.toContain(azureKey);
    }
  });
});
