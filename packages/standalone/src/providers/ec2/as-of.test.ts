import { expect, it } from 'vitest';
import { withoutLater, withPrices } from './as-of.js';
import { compiledCatalogue } from './compiled-catalogue.js';
import { offersFor } from './offers.js';

const compiled = compiledCatalogue('us-east-1');
const known = {
  ...compiled,
  onDemand: { at: 1000, usdPerHour: { 'm6i.large': 0.5, 'm6i.xlarge': 1 } },
  spot: { at: 2000, usdPerHour: { 'm6i.large': { 'us-east-1': 0.01 } } },
};
const book = { date: '2025-11-01', region: 'us-east-1', ec2: { 'm6i.large': 0.7 }, lambda: {} };
const one = { cpus: 1, memoryBytes: 1 };
const limits = (type: string) => ({ types: [type], archs: ['x64'], markets: ['spot', 'on-demand'] }) as const;
const priced = (catalogue: typeof compiled, type: string) =>
  offersFor(one, catalogue, limits(type)).map(({ market, usdPerHour }) => `${market} ${usdPerHour}`);

it('prices of a book stand in for those that are known, for every market, and others stay', () => {
  const replayed = withPrices(known, book);
  expect(priced(known, 'm6i.large')).toEqual(['spot 0.01', 'on-demand 0.5']);
  expect(priced(replayed, 'm6i.large')).toEqual(['spot 0.7', 'on-demand 0.7']);
  expect(priced(replayed, 'm6i.xlarge')).toContain('on-demand 1');
  expect(priced(replayed, 'm6i.2xlarge')).toContain('on-demand 0.384');
  expect(replayed.onDemand?.at).toBe(Date.parse('2025-11-01'));
  expect(withPrices(known, { ...book, region: 'eu-west-1' })).toBe(known);
});

it('prices of later than a time are not used for it', () => {
  expect(withoutLater(known, 2000)).toEqual(known);
  expect(priced(withoutLater(known, 1500), 'm6i.large')).toEqual(['spot 0.5', 'on-demand 0.5']);
  expect(withoutLater(known, 500)).toEqual(compiled);
});
