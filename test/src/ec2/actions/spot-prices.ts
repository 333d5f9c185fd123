import { type InstanceType, instanceTypes } from '../data/instance-types.js';
import { isOffered } from '../data/offerings.js';
import { spotUsdPerHour } from '../data/spot-prices.js';
import { text, texts } from '../wire/params.js';
import type { Action } from './call.js';
import { filtered } from './filters.js';
import { page } from './page.js';

/** One price for each type and zone: the one in force, that of an hour ago. As at AWS, the last page has an empty token. */
export const describeSpotPriceHistory: Action = call => {
  const { account, params } = call;
  const names = texts(params, 'InstanceType');
  const zone = text(params, 'AvailabilityZone');
  const products = texts(params, 'ProductDescription');
  const isLinux = products.length === 0 || products.some(product => product.startsWith('Linux/UNIX'));
  const wanted = ({ type, noSpot }: InstanceType) => noSpot !== true && (names.length === 0 || names.includes(type));
  const prices = account.zones
    .filter(name => isLinux && (zone === undefined || zone === name))
    .flatMap(availabilityZone =>
      instanceTypes
        .filter(type => wanted(type) && isOffered(type, availabilityZone))
        .map(type => ({
          instanceType: type.type,
          productDescription: 'Linux/UNIX',
          spotPrice: spotUsdPerHour(type, availabilityZone).toFixed(6),
          timestamp: new Date(account.now() - 3_600_000),
          availabilityZone,
        })),
    );
  const fitting = filtered(call, prices, {
    'availability-zone': price => price.availabilityZone,
    'instance-type': price => price.instanceType,
    'product-description': price => price.productDescription,
  });
  const { items, nextToken } = page(call, fitting, { min: 1, unasked: 1000 });
  return { spotPriceHistorySet: items, nextToken: nextToken ?? '' };
};
