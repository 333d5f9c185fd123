import { isMegalithError } from '@megalith/agent';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Offer } from '../../pool/offer.js';
import { shapeOf } from './catalogue.fixture.js';
import { compiledShapes } from './price-table.js';
import { cpusInUse, quotaError, quotaFor, quotaRefusal, quotasOf, withinQuotas } from './quota.js';

function offerOf(type: string, cpus: number, market: Offer['market'] = 'on-demand'): Offer {
  return { shape: shapeOf({ type, cpus }), zone: 'us-east-1a', market, usdPerHour: cpus, usableMemoryBytes: 1 };
}

test.each([
  ['r6i.32xlarge', 'L-1216C47A', 'L-34B43A08'],
  ['im4gn.large', 'L-1216C47A', 'L-34B43A08'],
  ['d3.xlarge', 'L-1216C47A', 'L-34B43A08'],
  ['t3.micro', 'L-1216C47A', 'L-34B43A08'],
  ['x2idn.32xlarge', 'L-7295265B', 'L-E3A00192'],
  ['u7i-6tb.112xlarge', 'L-43DA4232', undefined],
  ['u-6tb1.56xlarge', 'L-43DA4232', undefined],
  ['f2.6xlarge', 'L-74FC7D96', 'L-88CF9481'],
  ['gr6.4xlarge', 'L-DB2E81BA', 'L-3819A6DF'],
  ['vt1.3xlarge', 'L-DB2E81BA', 'L-3819A6DF'],
  ['p5.48xlarge', 'L-417A185B', 'L-7212CCBC'],
  ['inf2.xlarge', 'L-1945791B', 'L-B5D1601B'],
  ['trn1.2xlarge', 'L-2C3B7624', 'L-6B0D517C'],
  ['dl1.24xlarge', 'L-6E869C2A', 'L-85EED4F7'],
  ['hpc7a.12xlarge', 'L-F7808C92', undefined],
  ['mac2.metal', undefined, undefined],
  ['constructor', undefined, undefined],
])('%s is governed by %s, on the spot market by %s', (type, onDemand, spot) => {
  expect(quotaFor(type, 'on-demand')?.code).toBe(onDemand);
  expect(quotaFor(type, 'spot')?.code).toBe(spot);
});

test('every compiled shape has a quota on each of its markets', () => {
  for (const { type, markets } of compiledShapes) {
    for (const market of markets) expect([type, quotaFor(type, market)?.name]).toEqual([type, expect.any(String)]);
  }
});

test('each quota is asked for once', () => {
  const offers = [offerOf('r6i.large', 2), offerOf('m6i.large', 2), offerOf('x8i.large', 2), offerOf('mac2.metal', 8)];
  expect(quotasOf(offers).map(({ code }) => code)).toEqual(['L-1216C47A', 'L-7295265B']);
});

test('running and pending machines use a quota up, stopped ones do not', () => {
  const machine = (type: string, state: string, cpus: number, market: Offer['market'] = 'on-demand') => ({
    type,
    state,
    cpus,
    market,
  });
  const used = cpusInUse([
    machine('r6i.large', 'running', 2),
    machine('m6i.xlarge', 'pending', 4),
    machine('m6i.32xlarge', 'stopped', 128),
    machine('x8i.large', 'terminated', 2),
    machine('c6i.2xlarge', 'running', 8, 'spot'),
    machine('mac2.metal', 'running', 8),
  ]);
  expect(Object.fromEntries(used)).toEqual({ 'L-1216C47A': 6, 'L-34B43A08': 8 });
});

test('the error names the quota, the limit, what is needed and where to ask', () => {
  const uses = new Map([['L-1216C47A', { limitCpus: 5, usedCpus: 2 }]]);
  const { within, short } = withinQuotas([offerOf('r6i.32xlarge', 128), offerOf('x2gd.16xlarge', 64)], uses);
  expect(within.map(({ shape }) => shape.type)).toEqual(['x2gd.16xlarge']);
  const error = quotaError(short, 'us-east-1');
  expect(isMegalithError(error)).toBe(true);
  expect([error.code, error.message, error.hint]).toEqual([
    'QUOTA',
    'the quota "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances" (L-1216C47A) allows this account 5 vCPUs in us-east-1, ' +
      '2 of them in use, and "r6i.32xlarge" needs 128 more',
    'ask for at least 130 at https://us-east-1.console.aws.amazon.com/servicequotas/home/services/ec2/quotas/L-1216C47A, ' +
      'or end machines that are not needed',
  ]);
  expect(error.details).toMatchObject({ quota: 'L-1216C47A', limitCpus: 5, usedCpus: 2, neededCpus: 130 });
});

test('the error is about the offer that lacks least', () => {
  const uses = new Map([
    ['L-1216C47A', { limitCpus: 5, usedCpus: 0 }],
    ['L-7295265B', { limitCpus: 60, usedCpus: 0 }],
  ]);
  const { short } = withinQuotas([offerOf('r6i.32xlarge', 128), offerOf('x2gd.16xlarge', 64)], uses);
  expect(quotaError(short, 'us-east-1').details).toMatchObject({ type: 'x2gd.16xlarge', neededCpus: 64 });
});

test('a refusal by AWS names the quota without its limit', () => {
  const error = quotaRefusal(offerOf('x2idn.32xlarge', 128, 'spot'), 'eu-west-1');
  expect(error.message).toBe(
    'the quota "All X Spot Instance Requests" (L-E3A00192) of this account in eu-west-1 has no room for "x2idn.32xlarge"',
  );
  expect(error.hint).toContain('128 vCPUs more');
  expect(error.hint).toContain('https://eu-west-1.console.aws.amazon.com/');
});

test('an offer is held back exactly where its quota is known and has no room, and the order stays', () => {
  const offer = fc
    .record({ type: fc.constantFrom('r6i.large', 'x8i.large', 'mac2.metal'), cpus: fc.integer({ min: 1, max: 200 }) })
    .map(({ type, cpus }) => offerOf(type, cpus));
  const use = fc.record({ limitCpus: fc.nat(300), usedCpus: fc.nat(300) });
  const uses = fc.uniqueArray(fc.tuple(fc.constantFrom('L-1216C47A', 'L-7295265B'), use), {
    selector: ([code]) => code,
  });
  fc.assert(
    fc.property(fc.array(offer), uses, (offers, entries) => {
      const known = new Map<string, { limitCpus: number; usedCpus: number }>(entries);
      const hasRoom = ({ shape }: Offer) => {
        const { limitCpus, usedCpus } = known.get(quotaFor(shape.type, 'on-demand')?.code ?? '') ?? {};
        return limitCpus === undefined || limitCpus - (usedCpus ?? 0) >= shape.cpus;
      };
      const { within, short } = withinQuotas(offers, known);
      expect(within).toEqual(offers.filter(hasRoom));
      expect(short.map(({ offer }) => offer)).toEqual(offers.filter(offer => !hasRoom(offer)));
    }),
  );
});
