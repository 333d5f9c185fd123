import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PriceBook, parsePrices } from './prices-file.js';

const usd = fc.double({ min: 1e-9, max: 1e4, noNaN: true });
const calls = fc.record({ usdPerGibSecond: usd, usdPerRequest: usd });
const book: fc.Arbitrary<PriceBook> = fc.record({
  date: fc.constantFrom('2025-11-01', '2024-02-29T12:00:00Z'),
  region: fc.string({ minLength: 1 }),
  ec2: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9]{1,4}\.[a-z0-9]{2,9}$/), usd, { noNullPrototype: true }),
  lambda: fc.record({ arm64: calls, x64: calls }, { requiredKeys: [], noNullPrototype: true }),
});

const good = { date: '2025-11-01', region: 'us-east-1', ec2: { 'm7g.large': 0.08 } };
const read = (value: unknown) => parsePrices(JSON.stringify(value), 'prices.json');

describe('a file of prices', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(book, prices => {
        expect(read(prices)).toEqual(prices);
      }),
    );
  });

  it('may be about machines or about functions only', () => {
    expect(read(good)).toEqual({ ...good, lambda: {} });
    const lambda = { x64: { usdPerGibSecond: 1e-5, usdPerRequest: 2e-7 } };
    expect(read({ date: good.date, region: good.region, lambda })).toMatchObject({ ec2: {}, lambda });
  });

  it.each<[string, unknown]>([
    ['it must be an object, not [1]', [1]],
    ['"date" must be a date such as "2025-11-01", not left out', { ...good, date: undefined }],
    ['"date" must be a date such as "2025-11-01", not "2025-13-01"', { ...good, date: '2025-13-01' }],
    ['"region" must be the name of a region such as "us-east-1", not ""', { ...good, region: '' }],
    ['"ec2.m7g.large" must be US dollars an hour, above 0, not "0.08"', { ...good, ec2: { 'm7g.large': '0.08' } }],
    ['"ec2.m7g.large" must be US dollars an hour, above 0, not -1', { ...good, ec2: { 'm7g.large': -1 } }],
    ['nobody knows what "arm" in "lambda" is', { ...good, lambda: { arm: {} } }],
    [
      '"lambda.x64.usdPerRequest" must be US dollars a request, above 0, not left out',
      { ...good, lambda: { x64: { usdPerGibSecond: 1 } } },
    ],
  ])('is refused where %s', (problem, value) => {
    expect(() => read(value)).toThrow(
      expect.objectContaining({
        code: 'CONFIG',
        message: `"prices.json" is no file of prices: ${problem}`,
        hint: expect.any(String),
      }),
    );
  });

  it('is read or refused with words, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), text => {
        try {
          parsePrices(text, 'x');
        } catch (error) {
          expect(error).toMatchObject({ code: 'CONFIG', message: expect.stringContaining('"x"') });
        }
      }),
    );
  });
});
