import { MegalithError } from '@megalith/agent';

/** One host on the way, as the OpenSSH client is to know it. */
export interface SshClientHop {
  /** What stands for it in the files: neither a name of the network nor one in the user's own files. */
  readonly alias: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly identityFile: string | undefined;
  /** Its pinned key, as the host showed it: type and base64 of the wire form. */
  readonly key: { readonly type: string; readonly raw: Buffer };
}

/**
 * The text of a config file for the OpenSSH client: the host first, then the hosts to go through, the nearest to it first. The
 * user's own file plays no part, so that the client goes exactly where jobs go.
 * @param knownHosts path of the file with their keys
 * @throws MegalithError CONFIG for a value that such a file can't hold
 */
export function sshClientConfig(hops: readonly SshClientHop[], knownHosts: string): string {
  return hops
    .map((hop, i) => {
      const jump = hops[i + 1]?.alias;
      const lines = [
        `HostName ${value(hop.address)}`,
        `HostKeyAlias ${hop.alias}`,
        `Port ${hop.port}`,
        `User ${value(hop.user)}`,
        ...(hop.identityFile === undefined ? [] : [`IdentityFile ${value(hop.identityFile)}`]),
        ...(jump === undefined ? [] : [`ProxyJump ${jump}`]),
        `UserKnownHostsFile ${value(knownHosts)}`,
        'GlobalKnownHostsFile none',
        'StrictHostKeyChecking yes',
        'UpdateHostKeys no',
        'CheckHostIP no',
      ];
      return [`Host ${hop.alias}`, ...lines.map(line => `  ${line}`), ''].join('\n');
    })
    .join('\n');
}

/** The text of a `known_hosts` file with the key of each hop. */
export function knownHostsText(hops: readonly SshClientHop[]): string {
  return hops.map(({ alias, key }) => `${alias} ${key.type} ${key.raw.toString('base64')}\n`).join('');
}

/** `%` begins what the client replaces; a quotation mark would end the value. */
function value(text: string): string {
  if (/["\p{Cc}]|\$\{/u.test(text)) {
    throw new MegalithError('CONFIG', `the OpenSSH client cannot be told ${JSON.stringify(text)}`, {
      hint: 'use a value without quotation marks and "${" in the inventory',
    });
  }
  return `"${text.replaceAll('%', '%%')}"`;
}
