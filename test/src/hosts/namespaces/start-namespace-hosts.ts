import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newKeyPair } from '../keys.js';
import { newOwnedFolder } from '../owned-folder.js';
import type { HostOptions, TestHost } from '../test-host.js';
import { openFabric, type Plug } from './fabric.js';
import { plainSystem } from './host-system.js';
import { startNamespaceHost } from './namespace-host.js';

/** Hosts in namespaces; `close` ends them all. */
export async function startNamespaceHosts(
  count: number,
  options: HostOptions,
): Promise<{ readonly all: TestHost[]; close(): Promise<void> }> {
  const folder = newOwnedFolder();
  const identityFile = join(folder, 'id');
  const userKey = newKeyPair('megalith-test');
  writeFileSync(identityFile, userKey.privateText, { mode: 0o600 });
  const fabric = await openFabric(folder);
  const close = async () => {
    await fabric.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const start = (number: number) => {
    const jump = options.behindFirst && number > 1 ? 'host1' : undefined;
    const plugs = plugsOf(number, count, options);
    const peers = numbers.filter(other => other !== number).flatMap(other => plugsOf(other, count, options));
    const name = `host${number}`;
    const system = plainSystem(name, userKey, options);
    return startNamespaceHost(fabric, { name, plugs, peers, jump, folder, system, identityFile, options });
  };
  const started = await Promise.allSettled(numbers.map(start));
  const failed = started.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') {
    await close();
    throw failed.reason;
  }
  return { all: started.flatMap(result => (result.status === 'fulfilled' ? [result.value] : [])), close };
}

function plugsOf(number: number, count: number, { behindFirst = false }: HostOptions): [Plug, ...Plug[]] {
  if (!behindFirst || count === 1) return [{ network: 'outer', number }];
  const inner: Plug = { network: 'inner', number };
  return number === 1 ? [{ network: 'outer', number }, inner] : [inner];
}
