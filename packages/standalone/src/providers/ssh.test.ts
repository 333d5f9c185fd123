import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { agentSettings } from '../inventory/agent-settings.js';
import { createSshProvider } from './ssh.js';

it('lists the hosts of the inventory, and connects to nobody', async () => {
  const home = mkdtempSync(join(tmpdir(), 'megalith-provider-'));
  try {
    const entry = { address: 'no-such-host.invalid', user: 'u', hostKeys: [] };
    const hosts = [
      { ...entry, name: 'alpha', clearance: 'restricted' as const },
      { ...entry, name: 'beta', jump: 'alpha' },
    ];
    const provider = createSshProvider({ inventory: { hosts, agent: agentSettings({}) }, home });
    const machines = await provider.list();
    expect(machines.map(({ id, name, clearance, shape }) => [id, name, clearance, shape])).toEqual([
      ['ssh:alpha', 'alpha', 'restricted', undefined],
      ['ssh:beta', 'beta', 'internal', undefined],
    ]);
  } finally {
    rmSync(home, { recursive: true });
  }
});
