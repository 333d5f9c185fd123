import { expect, it } from 'vitest';
import { getSigned } from './signed-url.js';

it('says nothing of a signature, even of an address that is none', async () => {
  const failure: unknown = await getSigned('http//store/x?X-Amz-Signature=abcdef', 1000).catch(error => error);
  expect(failure).toMatchObject({ code: 'STORE_FAILED' });
  expect(String(failure)).not.toContain('abcdef');
});
