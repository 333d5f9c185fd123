import { bestKind, kindCan } from './host-kinds.js';
import { startLoopbackHosts } from './loopback/start-loopback-hosts.js';
import { startNamespaceHosts } from './namespaces/start-namespace-hosts.js';
import { sweepDead } from './owned-folder.js';
import type { HostOptions, TestHosts } from './test-host.js';

/**
 * Starts hosts `host1`, `host2`, … on which sshd answers. All ends with `close`, or with this process however it dies.
 *
 *     await using hosts = await startHosts(3);
 *     const entries = hosts.all.map(host => host.entry());
 */
export async function startHosts(count: number, options: HostOptions = {}): Promise<TestHosts> {
  sweepDead();
  const kind = options.kind ?? (await bestKind());
  if (options.node === false && !kindCan(kind, 'isolation'))
    throw new Error(`hosts of kind '${kind}' cannot hide Node`);
  const started =
    kind === 'namespaces' ? await startNamespaceHosts(count, options) : await startLoopbackHosts(kind, count, options);
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= started.close();
    return closed;
  };
  return {
    kind,
    all: started.all,
    first: started.all[0]!,
    [Symbol.iterator]: () => started.all[Symbol.iterator](),
    close,
    [Symbol.asyncDispose]: close,
  };
}
