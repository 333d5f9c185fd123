import { openStore } from '@megalith/core';
import { describe } from 'vitest';
import { defineStorageContract } from './define-storage-contract.js';
import { azureAccount, azureKey, azuriteIsThere, startAzurite } from './start-azurite.js';

/** What Azure does otherwise; and what its emulator takes nine seconds for, which `azure-failures.test.ts` looks at with fewer objects. */
const differences = {
  always: {
    'the same content has the same etag': 'each put has its own',
    'whoever has a URL writes one object, if the store can make URLs':
      'it needs headers beside the URL: a grant has them',
  },
  sometimes: { 'more objects than one page has are all listed, and all deleted at once': 'it is slow' },
};

describe.skipIf(!azuriteIsThere())('with Azurite', () => {
  const open = async () => {
    const { endpoint, close } = await startAzurite();
    process.env.AZURE_STORAGE_KEY = azureKey;
    const settings = { name: 'test', endpoint, clearance: 'restricted' } as const;
    let made = 0;
    return {
      pageObjects: 1000,
      newStore: () => openStore({ ...settings, url: `azure://${azureAccount}/test/store/${made++}` }),
      close,
    };
  };
  defineStorageContract('azurite', open, differences);
});
