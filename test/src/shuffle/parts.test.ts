import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataPart } from '@megalith/core';
import { expect, test } from 'vitest';
import { scratchFolder } from '../conformance/scratch.js';
import { openLocal } from '../faults/open-local.js';

test('parts of data are sorted by their records, and grouped', async () => {
  const folder = scratchFolder();
  const file = join(folder, 'in.csv');
  const rows = Array.from({ length: 500 }, (_, i) => `${(i * 37) % 101},${i}`);
  const text = `key,number\n${rows.join('\n')}\n`;
  writeFileSync(file, text);
  const cut = Math.floor(text.length / 2);
  const common = { megalith: 'part', from: { file }, name: file, bytes: text.length, parts: 2 } as const;
  const format = { type: 'lines', header: true } as const;
  const parts: DataPart[] = [
    { ...common, start: 'key,number\n'.length, end: cut, part: 0, format },
    { ...common, start: cut, end: text.length, part: 1, format },
  ];
  await using executor = openLocal(join(folder, 'home'));
  const output = join(folder, 'out');
  await executor.sort(parts, { output, by: line => Number(line.split(',')[1]) });
  expect(readFileSync(output, 'utf8')).toBe(`${rows.join('\n')}\n`);
  await executor.sort(parts.values(), { output });
  expect(readFileSync(output, 'utf8')).toBe(`${rows.toSorted().join('\n')}\n`);
  const counts = await executor.groupByKey(
    async function* (part: DataPart, context): AsyncGenerator<[string, number]> {
      for await (const line of context.open(part).lines()) yield [line.split(',')[0]!, 1];
    },
    parts,
    (_, ones: Iterable<number>) => [...ones].length,
  );
  expect(counts.length).toBe(101);
  expect(counts.reduce((sum, [, count]) => sum + count, 0)).toBe(500);
});
