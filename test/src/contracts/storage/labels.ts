import type { Label } from '@megalith/core';
import { labelOfStored } from '@megalith/core';
import { expect } from 'vitest';
import type { StoragePart } from './define-storage-contract.js';
import { chunked, gathered, pattern, utf8 } from './object-bytes.js';

const all: readonly Label[] = ['public', 'internal', 'confidential', 'restricted'];

export const labels: StoragePart = {
  'an object has the label that it was put with, and a new one when it is replaced': async store => {
    for (const label of [...all, ...all.toReversed()]) {
      expect(await store.put('a', utf8(label), { label })).toMatchObject({ label });
      expect(await store.head('a')).toMatchObject({ label });
      expect((await store.get('a')).object).toMatchObject({ label });
    }
  },

  'one that was put in parts has its label too': async store => {
    await store.put('large', chunked(pattern(2 ** 24 + 1), 2 ** 20), { label: 'restricted' });
    expect(await store.head('large')).toMatchObject({ label: 'restricted', bytes: 2 ** 24 + 1 });
  },

  'without a label it counts as what its store is cleared for': async store => {
    await store.put('a', utf8('x'), { label: 'public' });
    await store.put('a', utf8('x'));
    const head = await store.head('a');
    expect(head).not.toHaveProperty('label');
    expect(labelOfStored(head!, store)).toBe('restricted');
  },

  'nobody sees an object with the label of another': async store => {
    const writers = all.map(async label => {
      for (let n = 0; n < 6; n++) await store.put('shared', utf8(label.padEnd(12)), { label });
    });
    const finished = Promise.all(writers).then(() => true);
    await store.put('shared', utf8('public'.padEnd(12)), { label: 'public' });
    for (let isOver = false; !isOver; ) {
      isOver = await Promise.race([finished, Promise.resolve(false)]);
      const read = await store.get('shared');
      const text = Buffer.concat(await gathered(read)).toString();
      expect(read.object.label).toBe(text.trim());
    }
  },
};
