import { describe } from 'vitest';
import { defineContract } from './define-contract.js';
import { motoIsThere, startMoto } from './start-moto.js';

/** What moto 5.2.1 does otherwise; in each case AWS's documentation decided. */
const differences = {
  'the same client token gives the same instance': 'it launches another',
  'the same client token with other parameters is refused': 'it launches another',
  'as many instances start as there is room for, up to MaxCount': 'it launches MinCount',
  'an unknown type is refused': 'its code is InvalidInstanceType.NotFound',
  'user data beyond 16 KiB is refused': 'it takes any size',
  'spot is told from on demand': 'SpotInstanceRequestId is missing',
  'a client token of more than 64 characters is refused': 'it takes any length',
  'a terminated instance is shutting down first, and is listed for a while': 'a second terminate says shutting-down',
  'what the shutdown of an instance is can be changed, and told': 'it stays as it was at the launch',
  'a terminated instance cannot be started': 'it starts',
  'an instance says which fleet and template it is of': 'aws:ec2:fleet-id is missing',
  'on demand, the cheapest override goes first': 'the first one does',
  'the same client token gives the same fleet': 'it makes another',
  'a security group of an instance cannot be deleted': 'it is deleted',
  'types are filtered, and come in pages': 'all come at once',
  'spot prices have a type, a zone and a price below the other': 'every price is 0.00001',
};

describe.skipIf(!motoIsThere())('with moto', () => {
  defineContract('moto', startMoto, differences);
});
