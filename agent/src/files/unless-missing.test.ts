import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { unlessMissing, unlessMissingSync } from './unless-missing.js';

it('what is not there is undefined, and what can not be looked at is an error', async () => {
  const here = import.meta.filename;
  expect(await unlessMissing(readFile(`${here}.none`))).toBeUndefined();
  expect(unlessMissingSync(() => readFileSync(`${here}.none`))).toBeUndefined();
  expect(unlessMissingSync(() => readFileSync(here, 'utf8'))).toContain('undefined');
  await expect(unlessMissing(readFile(`${here}/below`))).rejects.toMatchObject({ code: 'ENOTDIR' });
  expect(() => unlessMissingSync(() => readFileSync(`${here}/below`))).toThrow(/ENOTDIR/);
});
