import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openStore } from '@megalith/core';
import { defineStorageContract } from './define-storage-contract.js';

defineStorageContract('folder', async () => {
  const root = await mkdtemp(join(tmpdir(), 'megalith-store-'));
  let made = 0;
  return {
    pageObjects: 32,
    newStore: () =>
      openStore({ name: 'test', url: pathToFileURL(join(root, `${made++}`)).href, clearance: 'restricted' }),
    close: () => rm(root, { recursive: true }),
  };
});
