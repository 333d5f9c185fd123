import { expect, it } from 'vitest';
import { TransferProgress, transferLine } from './transfer-progress.js';

it('says how much of what was found is copied, how fast, and how long the rest takes', () => {
  const progress = { objects: 1, bytes: 2 ** 20, foundBytes: 3 * 2 ** 20 };
  expect(transferLine(progress, 2 ** 19)).toBe('1 object, 1MiB of 3MiB, 512KiB/s, ETA 4s');
  expect(transferLine({ ...progress, objects: 2 }, undefined)).toBe('2 objects, 1MiB of 3MiB');
});

it('shows nothing of what ends soon, and a line that it takes away where lines can be repainted', () => {
  let now = 0;
  const written: string[] = [];
  const stream = { columns: 20, write: (text: string) => written.push(text) };
  const shown = new TransferProgress({ stream, now: () => now, repaint: true });
  const progress = { objects: 0, bytes: 10, foundBytes: 20 };
  shown.show(progress);
  expect(written).toEqual([]);
  now = 1000;
  shown.show(progress);
  shown.stop();
  expect(written).toEqual(['\r0 objects, 10B of 2\u001b[K', '\r\u001b[K']);
});
