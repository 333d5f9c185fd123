import { describe, expect, it } from 'vitest';
import { type PlaceWishes, placeFor } from './place.js';

const nothing: PlaceWishes = {
  backend: undefined,
  hasStoredBackend: true,
  hosts: undefined,
  preferredHosts: undefined,
  needsMachine: false,
};
const all = undefined;

describe('the place of a job', () => {
  it.each<[string, Partial<PlaceWishes>, string | undefined, readonly string[] | undefined]>([
    ['is open where nothing is said', {}, undefined, all],
    ['is what a flag says', { backend: 'local', hasStoredBackend: false }, 'local', all],
    ['is the named hosts', { hosts: ['a', 'b'] }, 'standalone', ['a', 'b']],
    ['is the named hosts, whatever is preferred', { hosts: ['a'], backend: 'local' }, 'standalone', ['a']],
    ['is the named hosts before the preferred', { hosts: ['a'], preferredHosts: 'b' }, 'standalone', ['a']],
    ['is the preferred hosts', { preferredHosts: 'a, b' }, 'standalone', ['a', 'b']],
    ['is the preferred hosts of machines', { backend: 'standalone', preferredHosts: 'a' }, 'standalone', ['a']],
    ['is here where that is chosen, with hosts preferred', { backend: 'local', preferredHosts: 'a' }, 'local', all],
    ['is any machine for files and leaving', { needsMachine: true }, 'standalone', all],
    ['is any machine for files where all is open', { backend: 'auto', needsMachine: true }, 'standalone', all],
    ['is not changed by files where it was chosen', { backend: 'local', needsMachine: true }, 'local', all],
  ])('%s', (_, wishes, backend, hosts) => {
    expect(placeFor({ ...nothing, ...wishes })).toEqual({ backend, hosts });
  });

  it.each(['local', 'lambda'])('cannot be a host of %s, which has none', backend => {
    const wishes = { ...nothing, hosts: ['a'], backend, hasStoredBackend: false };
    expect(() => placeFor(wishes)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(backend) }),
    );
  });
});
