import { openStore } from '@megalith/core';
import { describe } from 'vitest';
import { defineStorageContract } from './define-storage-contract.js';
import { azureAccount, azureKey, azuriteIsThere, startAzurite } from './start-azurite.js';

describe.skipIf(!azuriteIsThere())('with Azurite', () => {
  defineStorageContract('azurite', async () => {
    const { endpoint, close } = await startAzurite();
    process.env.AZURE_STORAGE_KEY = azureKey;
    let made = 0;
    return {
      pageObjects: 1000,
      newStore: () =>
        openStore({
          name: 'test',
          url: `azure://${azureAccount}/test/store/${made++}`,
          endpoint,
          clearance: 'restricted',
        }),
      close,
    };
  });
});
