import type { KeySamples } from './sort-to-runs.js';

/**
 * Keys at which sorted data falls into parts of about the same size, as far as samples tell; fewer where one key is too frequent.
 * @returns in order, each the lowest key of a part but the first
 */
export function cutKeys(samples: readonly KeySamples[], parts: number): Uint8Array[] {
  const all = samples.flatMap(({ keys, bytesEach }) => keys.map(key => ({ key, bytes: bytesEach })));
  all.sort((a, b) => Buffer.compare(a.key, b.key));
  const total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  const cuts: Uint8Array[] = [];
  let before = 0;
  for (const { key, bytes } of all) {
    const last = cuts.at(-1);
    const isDue = before >= ((cuts.length + 1) * total) / parts;
    if (isDue && cuts.length < parts - 1 && (last === undefined || Buffer.compare(last, key) < 0)) cuts.push(key);
    before += bytes;
  }
  return cuts;
}
