import type { HostFacts } from '../inventory/host-entry.js';
import { type NodeRelease, releaseFor } from './node-releases.js';
import type { OwnNode } from './own-node.js';

/** Where a host may get its Node from; they are tried in this order. */
export interface NodeSources {
  /** A Node of version 20 or later that is there already. @defaultValue true */
  readonly installed?: boolean;
  /** Base URL of the npm registry that the host downloads from; false for none. @defaultValue `https://registry.npmjs.org` */
  readonly registry?: string | false;
  /** What is downloaded. @defaultValue the pinned release of the client's own major version */
  readonly release?: NodeRelease;
  /** A download that makes no headway for this long is given up, milliseconds. @defaultValue 5,000 */
  readonly stallMs?: number;
  /** The client's own binary. @defaultValue true */
  readonly upload?: boolean;
}

/** The next way to bring Node to a host, or why there is none. */
export type NodeDelivery =
  | { readonly how: 'download'; readonly place: string; readonly url: string; readonly sha256: string }
  | { readonly how: 'upload'; readonly place: string }
  | { readonly how: 'none'; readonly reason: string; readonly hint: string };

/** Node's own builds of versions 18 and later need this glibc. */
const oldestGlibc = '2.28';
const install = 'install Node 20 or later there (any place in PATH, `~/.local/bin` or `/usr/local/bin`)';

/**
 * Decides how a host without Node gets one.
 * @param refused what became of the download, where it was tried
 */
export function nodeDelivery(
  host: HostFacts,
  own: OwnNode,
  sources: NodeSources,
  refused: string | undefined,
): NodeDelivery {
  if (host.os !== 'Linux') return none(`Megalith brings Node only to Linux, and this is ${host.os}`, install);
  if (host.libc === 'glibc' && host.libcVersion !== undefined && isOlder(host.libcVersion, oldestGlibc)) {
    const reason = `it has glibc ${host.libcVersion}, and Node's own builds need ${oldestGlibc}`;
    return none(reason, 'install a build of Node 20 or later that is made for this system');
  }
  const { registry = 'https://registry.npmjs.org', release = releaseFor(own.version), upload = true } = sources;
  const arch = host.arch === 'x64' || host.arch === 'arm64' ? host.arch : undefined;
  if (registry !== false && refused === undefined && arch !== undefined && host.libc !== 'musl') {
    const name = `node-linux-${arch}`;
    const url = `${registry.replace(/\/+$/, '')}/${name}/-/${name}-${release.version}.tgz`;
    return { how: 'download', place: `v${release.version}-linux-${arch}`, url, sha256: release.sha256[arch] };
  }
  const download = refused === undefined ? '' : `; the download failed: ${refused}`;
  if (!upload) return none(`no Node may be uploaded to it${download}`, install);
  const difference = differenceOf(host, own);
  if (difference === undefined) return { how: 'upload', place: `${own.version}-linux-${own.arch}` };
  return none(`this client's own Node does not run there: ${difference}${download}`, install);
}

function differenceOf(host: HostFacts, own: OwnNode): string | undefined {
  if (own.platform !== 'linux') return `the client is ${own.platform}, the host Linux`;
  if (own.arch !== host.arch) return `the client is ${own.arch}, the host ${host.arch}`;
  if (host.libc !== 'unknown' && own.libc !== host.libc) return `the client has ${own.libc}, the host ${host.libc}`;
  return undefined;
}

function none(reason: string, hint: string): NodeDelivery {
  return { how: 'none', reason: `it has no Node of version 20 or later, and ${reason}`, hint };
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [thanMajor = 0, thanMinor = 0] = than.split('.').map(Number);
  return major < thanMajor || (major === thanMajor && minor < thanMinor);
}
