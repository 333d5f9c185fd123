import { describe } from 'vitest';
import { motoIsThere, startMoto } from '../../ec2/contract/start-moto.js';
import { defineStorageContract } from './define-storage-contract.js';
import { s3Stores } from './s3-place.js';

/** What moto 5.2.1 does otherwise; AWS's documentation decided. */
const differences = {
  always: {
    'tasks put objects under a prefix, whole and with its label, and read them, if the store lets them':
      'its answer to a form says no etag',
  },
};

describe.skipIf(!motoIsThere())('with moto', () => {
  defineStorageContract(
    'moto',
    async () => {
      // 1,000 by itself, as S3 has it.
      process.env.MOTO_S3_DEFAULT_MAX_KEYS = '30';
      const { endpoint, close } = await startMoto();
      return s3Stores(endpoint, 30, async () => close?.());
    },
    differences,
  );
});
