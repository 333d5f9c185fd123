import type { IpPermission, SecurityGroup } from '@aws-sdk/client-ec2';
import { type CidrBlock, parseCidrBlock } from './cidr-block.js';

/** One thing that a security group admits. */
export interface IngressRule {
  /** `tcp 22` for what we admit; anything else in words. */
  readonly what: string;
  /** A CIDR block in its canonical form; another group or a prefix list by its id. */
  readonly from: string;
  /** The clients that want it, oldest first; undefined for a rule that is not ours. */
  readonly clients: readonly string[] | undefined;
}

/** How to get from what is admitted to what a client needs. `put` comes first: a client is never without its way in between. */
export interface IngressPlan {
  /** To be made, or to be described anew where it is there. */
  readonly put: { readonly isNew: boolean; readonly clients: readonly string[] } | undefined;
  /** To be taken away: nobody wants them any more. */
  readonly revoke: readonly IngressRule[];
  /** To be described anew: others want them. */
  readonly describe: readonly (IngressRule & { readonly clients: readonly string[] })[];
  /** What the group admits beside what we put there. */
  readonly foreign: readonly IngressRule[];
}

export const sshOnly = 'tcp 22';
const mark = 'megalith clients';
/** A description has at most 255 characters; a client's id has 12. */
const mostClients = 18;

/** What one client has to change so that a group admits SSH from `wanted` for it, and from nowhere else on its account. */
export function planIngress(rules: readonly IngressRule[], client: string, wanted: CidrBlock): IngressPlan {
  const same = rules.find(rule => rule.what === sshOnly && rule.from === wanted.text);
  const left = rules.filter(rule => rule !== same && rule.clients?.includes(client));
  const others = left.map(rule => ({ ...rule, clients: (rule.clients ?? []).filter(each => each !== client) }));
  return {
    put: putFor(same, client),
    revoke: others.filter(rule => rule.clients.length === 0),
    describe: others.filter(rule => rule.clients.length > 0),
    foreign: rules.filter(rule => rule !== same && rule.clients === undefined),
  };
}

function putFor(same: IngressRule | undefined, client: string): IngressPlan['put'] {
  if (same === undefined) return { isNew: true, clients: [client] };
  // A rule that somebody else made admits us as well, and stays theirs.
  if (same.clients === undefined || same.clients.includes(client)) return undefined;
  return { isNew: false, clients: [...same.clients, client].slice(-mostClients) };
}

/** What a group admits, rule by rule. */
export function ingressRules(group: Pick<SecurityGroup, 'IpPermissions'>): IngressRule[] {
  return (group.IpPermissions ?? []).flatMap(permission => {
    const what = wordsFor(permission);
    const blocks = [
      ...(permission.IpRanges ?? []).map(range => ({ from: range.CidrIp, description: range.Description })),
      ...(permission.Ipv6Ranges ?? []).map(range => ({ from: range.CidrIpv6, description: range.Description })),
      ...(permission.UserIdGroupPairs ?? []).map(pair => ({ from: pair.GroupId, description: undefined })),
      ...(permission.PrefixListIds ?? []).map(list => ({ from: list.PrefixListId, description: undefined })),
    ];
    return blocks.map(({ from = '', description }) => ({
      what,
      from: parseCidrBlock(from)?.text ?? from,
      clients: what === sshOnly ? clientsIn(description) : undefined,
    }));
  });
}

/** SSH from a block, in the form that requests take. */
export function sshPermission(block: string, clients: readonly string[]): IpPermission {
  const Description = `${mark} ${clients.join(' ')}`;
  const ranges = block.includes(':')
    ? { Ipv6Ranges: [{ CidrIpv6: block, Description }] }
    : { IpRanges: [{ CidrIp: block, Description }] };
  return { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, ...ranges };
}

function clientsIn(description: string | undefined): string[] | undefined {
  const words = description?.split(' ') ?? [];
  return words.slice(0, 2).join(' ') === mark ? words.slice(2) : undefined;
}

function wordsFor({ IpProtocol = '-1', FromPort, ToPort }: IpPermission): string {
  const protocol = IpProtocol === '6' ? 'tcp' : IpProtocol;
  if (protocol === '-1') return 'everything';
  if (FromPort === undefined || FromPort === -1) return protocol;
  return `${protocol} ${FromPort === ToPort ? FromPort : `${FromPort}-${ToPort}`}`;
}
