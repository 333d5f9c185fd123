import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { OwnCommands } from '../own-commands.js';

const folder = fileURLToPath(new URL('../commands', import.meta.url));
const bundle = createRequire(import.meta.url)('../../dist/bundle/main.cjs') as { readonly own: OwnCommands };

it('holds every command there is', async () => {
  const { manifest, load } = bundle.own;
  const ids = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map(path => path.replace(/(\/index)?\.ts$/, '').replaceAll('/', ':'));
  expect(Object.keys(load).toSorted()).toEqual(ids.toSorted());
  expect(Object.keys(manifest.commands).toSorted()).toEqual(ids.toSorted());
  for (const id of ids) {
    const command = (await load[id]!()).default;
    expect(command.summary).toBe(manifest.commands[id]!.summary);
  }
});
