import type { CatalogueCalls } from './catalogue.js';
import type { Ec2Api } from './ec2-client.js';

/** The catalogue's calls on the API of a region. */
export function catalogueCalls(
  api: Pick<Ec2Api, 'instanceTypes' | 'instanceTypeOfferings' | 'products' | 'spotPrices'>,
  region: string,
): CatalogueCalls {
  const product = (Field: string, Value: string) => ({ Type: 'TERM_MATCH' as const, Field, Value });
  return {
    instanceTypes: signal => eachAs(api.instanceTypes({}, { signal }), type => ({ InstanceTypes: [type] })),
    offerings: signal =>
      eachAs(api.instanceTypeOfferings({ LocationType: 'availability-zone' }, { signal }), offering => ({
        InstanceTypeOfferings: [offering],
      })),
    products: signal =>
      eachAs(
        api.products(
          'AmazonEC2',
          [
            product('regionCode', region),
            product('operatingSystem', 'Linux'),
            product('tenancy', 'Shared'),
            product('preInstalledSw', 'NA'),
            product('capacitystatus', 'Used'),
            product('marketoption', 'OnDemand'),
          ],
          { signal },
        ),
        text => ({ PriceList: [text] }),
      ),
    spotPrices: signal =>
      eachAs(api.spotPrices({ ProductDescriptions: ['Linux/UNIX'], StartTime: new Date() }, { signal }), price => ({
        SpotPriceHistory: [price],
      })),
  };
}

async function* eachAs<T, P>(items: AsyncIterable<T>, page: (item: T) => P): AsyncGenerator<P> {
  for await (const item of items) yield page(item);
}
