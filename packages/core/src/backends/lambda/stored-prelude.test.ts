import { expect, it, vi } from 'vitest';
import { CallPacker } from './call-packer.js';
import type { Spill } from './spill.js';
import { StoredPrelude } from './stored-prelude.js';

it('signs anew what it put, and puts it anew before a store is swept of it', async () => {
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  try {
    const count = { put: 0, signed: 0 };
    const spill = {
      put: async () => ({ key: `in-${++count.put}`, get: 'signed' }),
      signed: async (key: string) => `${key} again ${++count.signed}`,
    } as unknown as Spill;
    const packer = new CallPacker({ name: 'x'.repeat(300_000) } as never, []);
    const prelude = StoredPrelude.of(packer, spill)!;
    await prelude.url();
    await prelude.url();
    expect(count).toEqual({ put: 1, signed: 0 });
    now += 20 * 60_000;
    expect(await prelude.url()).toBe('in-1 again 1');
    // Two days are what `sweepSpilled` leaves it.
    now += 24 * 3_600_000;
    expect(await prelude.url()).toBe('signed');
    expect(count.put).toBe(2);
    now += 20 * 60_000;
    expect(await prelude.url()).toBe('in-2 again 2');
  } finally {
    clock.mockRestore();
  }
});
