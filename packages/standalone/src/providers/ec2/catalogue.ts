import { type KeptCatalogue, type ListedShapes, readCatalogue, writeCatalogue } from './catalogue-file.js';
import { type Catalogue, compiledCatalogue, compiledPricesNote } from './compiled-catalogue.js';
import { type InstanceTypesPage, type OfferingsPage, shapesFrom, zonesFrom } from './instance-types.js';
import { endingWith } from './pages.js';
import { compiledShapes } from './price-table.js';
import { onDemandFrom, type ProductsPage, type SpotPricesPage, spotFrom } from './prices.js';

/** The calls that fill a catalogue, page by page. Each ends with its signal. */
export interface CatalogueCalls {
  /** DescribeInstanceTypes */
  instanceTypes(signal: AbortSignal): AsyncIterable<InstanceTypesPage>;
  /** DescribeInstanceTypeOfferings by `availability-zone` */
  offerings(signal: AbortSignal): AsyncIterable<OfferingsPage>;
  /** GetProducts of the Pricing API, for Linux on shared hardware in the region */
  products(signal: AbortSignal): AsyncIterable<ProductsPage>;
  /** DescribeSpotPriceHistory of `Linux/UNIX` from now on, which gives the present prices */
  spotPrices(signal: AbortSignal): AsyncIterable<SpotPricesPage>;
}

export interface CatalogueOptions {
  /** Megalith's home: the catalogue is kept in its folder `cloud`. */
  readonly home: string;
  readonly region: string;
  /** What tells one source from another: endpoint and account. A catalogue that another one gave is not used. */
  readonly place: string;
  /** False where no spot machine is wanted: then nobody asks for spot prices. */
  readonly wantsSpot: boolean;
  /** The present, epoch milliseconds. */
  readonly now: number;
  /** For all calls together. @defaultValue 30 s */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** How long shapes and on-demand prices are good. */
export const catalogueMs = 24 * 3_600_000;
/** How long spot prices are good: they move slowly, but a stale one picks the wrong zone. */
export const spotPricesMs = 10 * 60_000;

/**
 * The catalogue of a region: what is kept where it is fresh, else what AWS says, else what was kept before, else what this package knows. It always
 * comes within the deadline; what stands in for AWS's word is in `notes`.
 *
 * @throws what `signal` was aborted with
 */
export async function loadCatalogue(calls: CatalogueCalls, options: CatalogueOptions): Promise<Catalogue> {
  const { home, region, place, wantsSpot, now, deadlineMs = 30_000, signal } = options;
  signal?.throwIfAborted();
  const notes: string[] = [];
  const kept = await readCatalogue(home, place, region).catch(error => {
    notes.push(`the kept catalogue can't be read: ${reasonOf(error)}`);
    return undefined;
  });
  const deadline = AbortSignal.timeout(deadlineMs);
  const over = new AbortController();
  const ending = AbortSignal.any([deadline, over.signal, ...(signal ? [signal] : [])]);

  const part = async <T extends { readonly at: number }>(
    name: string,
    goodMs: number,
    old: T | undefined,
    read: () => Promise<T>,
    otherwise: string,
  ): Promise<T | undefined> => {
    if (old && isFresh(old.at, goodMs, now)) return old;
    try {
      return await read();
    } catch (error) {
      signal?.throwIfAborted();
      const reason = deadline.aborted ? `AWS did not answer within ${deadlineMs / 1000} s` : reasonOf(error);
      notes.push(`${name} could not be read: ${reason}; ${old ? `those of ${minute(old.at)} are used` : otherwise}`);
      return old;
    }
  };

  const [listed, onDemand, spot] = await Promise.all([
    part(
      'instance types',
      catalogueMs,
      kept?.listed,
      () => listShapes(calls, now, ending),
      'the compiled ones are used',
    ),
    part(
      'on-demand prices',
      catalogueMs,
      kept?.onDemand,
      () => onDemandFrom(endingWith(calls.products(ending), ending), region, now),
      compiledPricesNote(region),
    ),
    wantsSpot
      ? part(
          'spot prices',
          spotPricesMs,
          kept?.spot,
          () => spotFrom(endingWith(calls.spotPrices(ending), ending), now),
          'on-demand prices, which they never exceed, are used',
        )
      : kept?.spot,
  ]).finally(() => over.abort());
  const next: KeptCatalogue = { formatVersion: 1, place, region, listed, onDemand, spot };
  if (listed !== kept?.listed || onDemand !== kept?.onDemand || spot !== kept?.spot) {
    await writeCatalogue(home, next).catch(error => notes.push(`the catalogue can't be kept: ${reasonOf(error)}`));
  }
  return {
    region,
    shapes: listed?.shapes ?? compiledShapes,
    ...(listed && { zones: listed.zones }),
    ...(onDemand && { onDemand }),
    ...(wantsSpot && spot && { spot }),
    notes,
  };
}

/** What was kept of a region, however old, else what this package knows. Nobody is asked. */
export async function knownCatalogue({
  home,
  place,
  region,
}: Pick<CatalogueOptions, 'home' | 'place' | 'region'>): Promise<Catalogue> {
  const kept = await readCatalogue(home, place, region);
  if (kept === undefined) return compiledCatalogue(region);
  const { listed, onDemand, spot } = kept;
  return {
    region,
    shapes: listed?.shapes ?? compiledShapes,
    ...(listed && { zones: listed.zones }),
    ...(onDemand && { onDemand }),
    ...(spot && { spot }),
    notes: [],
  };
}

async function listShapes(calls: CatalogueCalls, now: number, ending: AbortSignal): Promise<ListedShapes> {
  const [shapes, zones] = await Promise.all([
    shapesFrom(endingWith(calls.instanceTypes(ending), ending)),
    zonesFrom(endingWith(calls.offerings(ending), ending)),
  ]);
  return { at: now, shapes, zones };
}

/** What a clock that is wrong wrote in the future is not fresh. */
function isFresh(at: number, goodMs: number, now: number): boolean {
  return at <= now && now - at < goodMs;
}

function minute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16)}Z`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
