import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCidrBlock } from './cidr-block.js';
import { type IngressRule, ingressRules, planIngress, sshOnly, sshPermission } from './ingress-plan.js';

const blocks = ['203.0.113.1/32', '203.0.113.2/32', '2001:db8::1/128'];
const clients = fc.uniqueArray(fc.constantFrom('aaaaaaaaaaaa', 'bbbbbbbbbbbb', 'cccccccccccc'), { minLength: 1 });
const rules: fc.Arbitrary<IngressRule[]> = fc.uniqueArray(
  fc.record({
    what: fc.constant(sshOnly),
    from: fc.constantFrom(...blocks),
    clients: fc.option(clients, { nil: undefined }),
  }),
  { selector: rule => rule.from },
);

/** What the rules are once a plan was carried out. */
function after(before: readonly IngressRule[], plan: ReturnType<typeof planIngress>, wanted: string): IngressRule[] {
  const gone = new Set(plan.revoke.map(rule => rule.from));
  const changed = new Map(plan.describe.map(rule => [rule.from, rule.clients]));
  if (plan.put !== undefined) changed.set(wanted, plan.put.clients);
  const kept = before
    .filter(rule => !gone.has(rule.from))
    .map(rule => ({ ...rule, clients: changed.get(rule.from) ?? rule.clients }));
  if (!plan.put?.isNew) return kept;
  return [...kept, { what: sshOnly, from: wanted, clients: plan.put.clients }];
}

describe('a plan for what a group admits', () => {
  test('gives a client its block and no other, leaves the others theirs, and is then done', () => {
    fc.assert(
      fc.property(rules, fc.constantFrom(...blocks), (before, block) => {
        const wanted = parseCidrBlock(block)!;
        const me = 'aaaaaaaaaaaa';
        const then = after(before, planIngress(before, me, wanted), block);
        expect(then.map(rule => rule.from)).toContain(block);
        expect(then.filter(rule => rule.clients?.includes(me)).every(rule => rule.from === block)).toBe(true);
        for (const rule of before) {
          const now = then.find(each => each.from === rule.from);
          if (rule.clients === undefined) expect(now).toEqual(rule);
          for (const other of (rule.clients ?? []).filter(each => each !== me)) expect(now?.clients).toContain(other);
        }
        expect(planIngress(then, me, wanted)).toMatchObject({ put: undefined, revoke: [], describe: [] });
      }),
    );
  });

  test('reads back what it asks for, in both families', () => {
    fc.assert(
      fc.property(fc.constantFrom(...blocks), clients, (from, who) => {
        const permission = sshPermission(from, who);
        expect(ingressRules({ IpPermissions: [permission] })).toEqual([{ what: sshOnly, from, clients: who }]);
        const [range] = [...(permission.IpRanges ?? []), ...(permission.Ipv6Ranges ?? [])];
        expect(range!.Description).toMatch(/^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{1,255}$/);
      }),
    );
  });

  test('keeps a description within what EC2 takes, whoever is in it', () => {
    const many = Array.from({ length: 18 }, (_, index) => String(index).padStart(12, '0'));
    const plan = planIngress(
      [{ what: sshOnly, from: blocks[0]!, clients: many }],
      'me0000000000',
      parseCidrBlock(blocks[0]!)!,
    );
    expect(plan.put!.clients.at(-1)).toBe('me0000000000');
    expect(sshPermission(blocks[0]!, plan.put!.clients).IpRanges![0]!.Description!.length).toBeLessThanOrEqual(255);
  });

  test('names what is not ours: other ports, other sources, rules without our mark', () => {
    const found = ingressRules({
      IpPermissions: [
        { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'megalith clients aaaaaaaaaaaa' }] },
        { IpProtocol: 'tcp', FromPort: 22, ToPort: 80, Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
        { IpProtocol: '6', FromPort: 22, ToPort: 22, UserIdGroupPairs: [{ GroupId: 'sg-9' }] },
        { IpProtocol: 'icmp', FromPort: -1, ToPort: -1, PrefixListIds: [{ PrefixListId: 'pl-1' }] },
      ],
    });
    expect(found).toEqual([
      { what: 'everything', from: '0.0.0.0/0', clients: undefined },
      { what: 'tcp 22-80', from: '::/0', clients: undefined },
      { what: sshOnly, from: 'sg-9', clients: undefined },
      { what: 'icmp', from: 'pl-1', clients: undefined },
    ]);
    expect(planIngress(found, 'aaaaaaaaaaaa', parseCidrBlock(blocks[0]!)!)).toMatchObject({
      revoke: [],
      foreign: found,
    });
  });
});
