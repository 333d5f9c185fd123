import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfigParser, openStore } from '@megalith/core';
import { expect, test } from 'vitest';
import { blocksOf } from './blocks.js';

const folder = fileURLToPath(new URL('../../../docs/stores/', import.meta.url));
const pages = readdirSync(folder).filter(name => name !== 'README.md');

test('the index names every page', () => {
  const index = readFileSync(join(folder, 'README.md'), 'utf8');
  for (const page of pages) expect(index).toContain(`](${page})`);
});

test.each(pages)('the settings of docs/stores/%s are understood', async page => {
  const [block] = blocksOf(readFileSync(join(folder, page), 'utf8')).filter(({ language }) => language === 'yaml');
  const { parseConfig } = await loadConfigParser();
  const { stores } = parseConfig(block!.text, page);
  for (const [name, settings] of Object.entries(stores)) (await openStore({ name, ...settings })).close();
});
