import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FunctionExecutor, Pool } from '@megalith/core';
import { registerStandalone } from '@megalith/standalone';
import { afterAll, beforeAll } from 'vitest';
import { bestKind, kindCan } from '../hosts/host-kinds.js';
import { startHosts } from '../hosts/start-hosts.js';
import type { TestHosts } from '../hosts/test-host.js';
import { conformance } from './conformance.js';
import { makeScratchIn } from './scratch.js';

registerStandalone();
const names = ['host1', 'host2', 'host3'] as const;
const root = mkdtempSync(join(tmpdir(), 'megalith-conformance-'));
const home = join(root, 'home');
const shared = join(root, 'shared');
const kind = await bestKind();
let hosts: TestHosts | undefined;

/** The hosts serve all executors, one after another, as those of an organisation do; each is looked at once. */
beforeAll(async () => {
  mkdirSync(home);
  mkdirSync(shared);
  makeScratchIn(shared);
  hosts = await startHosts(names.length, { kind, sharedFolder: shared });
  const entries = hosts.all.map(host => host.entry()).map(({ name, ...entry }) => [name, entry]);
  // JSON is YAML.
  writeFileSync(join(home, 'megalith.yaml'), JSON.stringify({ hosts: Object.fromEntries(entries) }));
  await Promise.all(
    names.map(async name => {
      await using executor = new FunctionExecutor({ backend: 'standalone', home, hosts: [name] });
      await executor.run(['true']);
    }),
  );
});

afterAll(async () => {
  await hosts?.close();
  rmSync(root, { recursive: true, force: true });
});

for (const chosen of [names.slice(0, 1), names]) {
  const options = { backend: 'standalone', home, hosts: chosen } as const;
  conformance(
    `standalone over SSH on ${chosen.length === 1 ? 'one host' : `${chosen.length} hosts`}`,
    async () => new FunctionExecutor(options),
    {
      clientFolder: false,
      freshMachines: false,
      objects: 'nowhere',
      machines: chosen.length,
      // Hosts with a disk of their own lack the package.
      ownPackage: !kindCan(kind, 'isolation'),
      openPool: () => new Pool(2, options),
    },
  );
}
