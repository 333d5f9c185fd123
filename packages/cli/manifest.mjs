// Writes oclif.manifest.json: what commands and flags there are, so that a start need not load every command to know.
import { rmSync, writeFileSync } from 'node:fs';
import { Config } from '@oclif/core/config';

const root = import.meta.dirname;
const path = `${root}/oclif.manifest.json`;
// Otherwise the manifest of before would be read, and written again.
rmSync(path, { force: true });
const config = await Config.load(root);
const plugin = config.plugins.get(config.pjson.name);
writeFileSync(path, `${JSON.stringify(plugin.manifest)}\n`);
