import { isMegalithError, MegalithError } from '@megalith/agent';

/** What a function's calls cost. */
export interface FunctionPrice {
  readonly usdPerGibSecond: number;
  readonly usdPerRequest: number;
}

/** Prices of a day, instead of those that are compiled in. What is not in it keeps the price that is. */
export interface PriceBook {
  /** The day that they are of, as it is written. */
  readonly date: string;
  /** Of the cloud, such as `us-east-1`: they say nothing of other regions. */
  readonly region: string;
  /** On-demand prices by instance type, US dollars an hour. */
  readonly ec2: Readonly<Record<string, number>>;
  readonly lambda: { readonly [arch in Architecture]?: FunctionPrice };
}

const architectures = ['arm64', 'x64'] as const;
type Architecture = (typeof architectures)[number];

const shape =
  '{"date": "2025-11-01", "region": "us-east-1", "ec2": {"m7g.large": 0.0816}, "lambda": {"arm64": {"usdPerGibSecond": 0.0000133334, "usdPerRequest": 0.0000002}}}';

/**
 * Reads a file of prices; `ec2` and `lambda` may be left out.
 * @param file how the user calls it
 * @throws MegalithError CONFIG, naming the file and what is wrong in it
 */
export function parsePrices(text: string, file: string): PriceBook {
  try {
    const { date, region, ec2 = {}, lambda = {} } = fields(json(text), 'it', ['date', 'region', 'ec2', 'lambda']);
    return {
      date: day(date),
      region: name(region),
      ec2: Object.fromEntries(
        Object.entries(object(ec2, '"ec2"')).map(([type, usd]) => [type, price(usd, `"ec2.${type}"`, 'an hour')]),
      ),
      lambda: functionPrices(lambda),
    };
  } catch (error) {
    if (!isMegalithError(error)) throw error;
    throw new MegalithError('CONFIG', `"${file}" is no file of prices: ${error.message}`, {
      hint: error.hint ?? `such a file looks like this: ${shape}`,
      cause: error,
    });
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong(`it is not JSON (${(error as Error).message})`);
  }
}

function day(value: unknown): string {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) && !Number.isNaN(Date.parse(value))) return value;
  throw wrong(`"date" must be a date such as "2025-11-01", not ${shown(value)}`);
}

function name(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(`"region" must be the name of a region such as "us-east-1", not ${shown(value)}`);
}

function functionPrices(value: unknown): PriceBook['lambda'] {
  const given = fields(value, '"lambda"', architectures);
  return Object.fromEntries(
    architectures
      .filter(arch => given[arch] !== undefined)
      .map(arch => {
        const path = `lambda.${arch}`;
        const both = fields(given[arch], `"${path}"`, ['usdPerGibSecond', 'usdPerRequest']);
        return [
          arch,
          {
            usdPerGibSecond: price(both.usdPerGibSecond, `"${path}.usdPerGibSecond"`, 'a GiB-second'),
            usdPerRequest: price(both.usdPerRequest, `"${path}.usdPerRequest"`, 'a request'),
          },
        ];
      }),
  );
}

function price(value: unknown, what: string, per: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw wrong(`${what} must be US dollars ${per}, above 0, not ${shown(value)}`);
}

/** An object that holds nothing but what is known: a misspelt field would silently leave the compiled price. */
function fields<K extends string>(value: unknown, what: string, known: readonly K[]): Partial<Record<K, unknown>> {
  const given = object(value, what);
  const unknown = Object.keys(given).find(key => !(known as readonly string[]).includes(key));
  if (unknown === undefined) return given as Partial<Record<K, unknown>>;
  throw wrong(`nobody knows what "${unknown}" in ${what} is`, `known: ${known.join(', ')}`);
}

function object(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw wrong(`${what} must be an object, not ${shown(value)}`);
}

function shown(value: unknown): string {
  if (value === undefined) return 'left out';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function wrong(message: string, hint?: string): MegalithError {
  return new MegalithError('CONFIG', message, hint === undefined ? {} : { hint });
}
