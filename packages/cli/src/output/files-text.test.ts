import { expect, it } from 'vitest';
import { filesText } from './files-text.js';

const transfer = (direction: 'there' | 'back', bytes: number, totalBytes: number | undefined, machine = 'alpha') => ({
  direction,
  machine,
  bytes,
  totalBytes,
});

it('says how much has travelled, for all machines together, and nothing where all is there', () => {
  expect(filesText([])).toBeUndefined();
  expect(filesText([transfer('there', 2048, 2048)])).toBeUndefined();
  expect(filesText([transfer('there', 1024, undefined)])).toBe('sending files: 1KiB');
  expect(filesText([transfer('there', 1024, 4096), transfer('there', 1024, 4096, 'beta')])).toBe(
    'sending files: 2KiB of 8KiB',
  );
  expect(filesText([transfer('there', 2048, 2048), transfer('back', 0, 1024)])).toBe('fetching files: 0B of 1KiB');
});
