import type { PriceBook } from '../../placement/prices-file.js';

/** What functions cost in one region. */
export interface FunctionPrices {
  /** The day that they are of. */
  readonly date: string;
  readonly usdPerGibSecond: Readonly<Record<'arm64' | 'x64', number>>;
  readonly usdPerRequest: number;
  /** Of `/tmp` above the 512 MiB that every function has. */
  readonly usdPerTmpGibSecond: number;
  /** Nothing is known of the region: these are those of us-east-1. */
  readonly isGuess?: boolean;
}

/** The day that the compiled prices are of. */
const compiledPricesDate = '2026-11-21';

// The first tier, without the free one. AWS's page "Lambda pricing" for us-east-1, read through pages that cite it; the others share its prices.
const mostRegions: FunctionPrices = {
  date: compiledPricesDate,
  usdPerGibSecond: { arm64: 0.000_013_333_4, x64: 0.000_016_666_7 },
  usdPerRequest: 0.2e-6,
  usdPerTmpGibSecond: 0.000_000_030_9,
};

const sharedBy: ReadonlySet<string> = new Set([
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'ca-central-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eu-central-1',
  'eu-north-1',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-northeast-1',
  'sa-east-1',
]);

/** The prices that are known without asking AWS. */
export function compiledFunctionPrices(region: string): FunctionPrices {
  return sharedBy.has(region) ? mostRegions : { ...mostRegions, isGuess: true };
}

/** Prices of a file over those that are compiled in; one of another region says nothing of this. */
export function pricesWith(compiled: FunctionPrices, region: string, book: PriceBook | undefined): FunctionPrices {
  if (book === undefined || book.region !== region) return compiled;
  const { arm64, x64 } = book.lambda;
  const { isGuess: _, ...known } = compiled;
  return {
    ...(arm64 === undefined && x64 === undefined ? compiled : known),
    date: book.date,
    usdPerGibSecond: {
      arm64: arm64?.usdPerGibSecond ?? compiled.usdPerGibSecond.arm64,
      x64: x64?.usdPerGibSecond ?? compiled.usdPerGibSecond.x64,
    },
    usdPerRequest: (arm64 ?? x64)?.usdPerRequest ?? compiled.usdPerRequest,
  };
}

const freeTmpMib = 512;

/** Of a function of that size while it runs, `/tmp` included, as if its memory cost it all. */
export function usdPerGibSecond(
  prices: FunctionPrices,
  arch: 'arm64' | 'x64',
  { memoryMib, tmpMib }: { readonly memoryMib: number; readonly tmpMib: number },
): number {
  return prices.usdPerGibSecond[arch] + (prices.usdPerTmpGibSecond * Math.max(0, tmpMib - freeTmpMib)) / memoryMib;
}
