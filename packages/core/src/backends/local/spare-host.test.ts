import { once } from 'node:events';
import { expect, it } from 'vitest';
import { offerSpareHost, startSpareHost, takeSpareHost } from './spare-host.js';

it('gives a spare host to who wants just this one, once', async () => {
  const spare = startSpareHost({ home: '/nowhere', cpus: 1 });
  offerSpareHost(spare);
  expect(takeSpareHost({ home: '/nowhere', cpus: 1 })).toBe(spare.child);
  expect(takeSpareHost({ home: '/nowhere', cpus: 1 })).toBeUndefined();
  expect(spare.child.signalCode).toBeNull();
  spare.child.kill();
  await once(spare.child, 'exit');
});

it('ends a spare host that is not as wanted', async () => {
  const spare = startSpareHost({ home: '/nowhere' });
  offerSpareHost(spare);
  expect(takeSpareHost({ home: '/nowhere', cpus: 2 })).toBeUndefined();
  await once(spare.child, 'exit');
});

it('does not give one that has ended', async () => {
  const spare = startSpareHost({ home: '/nowhere' });
  spare.child.kill();
  await once(spare.child, 'exit');
  offerSpareHost(spare);
  expect(takeSpareHost({ home: '/nowhere' })).toBeUndefined();
});
