import { openStore } from '@megalith/core';
import { describe } from 'vitest';
import { defineStorageContract } from './define-storage-contract.js';
import { redisIsThere, redisPassword, startRedis } from './start-redis.js';

describe.skipIf(!redisIsThere())('with a Redis server', () => {
  defineStorageContract('redis', async () => {
    const { url, close } = await startRedis();
    process.env.REDIS_PASSWORD = redisPassword;
    let made = 0;
    return {
      pageObjects: 1000,
      newStore: () => openStore({ name: 'test', url: `${url}/1?prefix=test/${made++}`, clearance: 'restricted' }),
      close,
    };
  });
});
