import type { HostFacts } from '../inventory/host-entry.js';
import type { SshSession } from '../ssh/ssh-session.js';
import { bootstrapFailure } from './bootstrap-failure.js';
import type { Dialogue } from './dialogue.js';
import { silenceMs } from './look-at-host.js';
import { type NodeSources, nodeDelivery } from './node-sources.js';
import { gzipped, ownNode, sha256Of } from './own-node.js';

/** A whole download may take this long, seconds. */
const downloadLimitS = 600;
const defaultStallMs = 5_000;

/**
 * Answers a host that needs Node: tells it what to download, or uploads our own. Gives the host's next line.
 * @param refused what became of the download, where it was tried
 * @throws MegalithError BOOTSTRAP_FAILED, layer `'node'`, where there is no way; as `Dialogue.next`
 */
export async function deliverNode(
  dialogue: Dialogue,
  session: SshSession,
  facts: HostFacts,
  sources: NodeSources,
  refused: string | undefined,
): Promise<readonly string[]> {
  const own = ownNode();
  const delivery = nodeDelivery(facts, own, sources, refused);
  switch (delivery.how) {
    case 'none':
      throw bootstrapFailure(session, 'node', delivery.reason, { hint: delivery.hint });
    case 'download': {
      const stallS = Math.max(1, Math.ceil((sources.stallMs ?? defaultStallMs) / 1000));
      dialogue.answer('download', delivery.place, delivery.url, delivery.sha256, `${stallS}`, `${downloadLimitS}`);
      return await dialogue.next(silenceMs + downloadLimitS * 1000);
    }
    case 'upload': {
      dialogue.answer('upload', delivery.place, await sha256Of(own.path));
      const line = await dialogue.next(silenceMs);
      return line[0] === 'send' ? await dialogue.sendAll(gzipped(own.path), silenceMs) : line;
    }
  }
}
