import { defineStorageContract } from './define-storage-contract.js';
import { s3Stores } from './s3-place.js';
import { startS3rver } from './start-s3rver.js';

/** What s3rver 3.7.1 does otherwise; AWS's documentation, and moto, decided. */
const differences = {
  always: {
    'a key that is taken is not taken again with ifAbsent': 'it ignores If-None-Match',
    'of many who put one key with ifAbsent at once, one does': 'it ignores If-None-Match',
    'with a URL for reading, a part is read of the object that is meant, or of none': 'it ignores If-Match',
    'no range of an empty object gives anything': 'it promises a byte',
    'keys come in the order of their bytes, whatever is in them':
      'they come in the order of its files, and lose spaces at their ends',
  },
  sometimes: {
    'more objects than one page has are all listed, and all deleted at once':
      'its tokens need a cipher that OpenSSL 3 has not',
    'of many who replace one key at once, one remains, whole': 'it writes in place',
    'who reads goes on with what was there, though it is replaced or deleted': 'it writes in place',
    'nobody sees an object with the label of another': 'it writes in place, and labels apart from bytes',
  },
};

defineStorageContract(
  's3rver',
  async () => {
    const server = await startS3rver();
    return s3Stores(server.endpoint, 1000, server.close);
  },
  differences,
);
