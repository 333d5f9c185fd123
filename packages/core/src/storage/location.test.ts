import { describe, expect, it } from 'vitest';
import { parseLocation } from './location.js';

const stores = {
  lab: { url: 's3://bucket/lab' },
  inner: { url: 's3://bucket/lab/inner/' },
  folder: { url: '/srv/data' },
};

describe('a location', () => {
  it.each([
    ['lab:run/1', { of: { name: 'lab' }, key: 'run/1' }],
    ['lab:', { of: { name: 'lab' }, key: '' }],
    ['folder:a:b', { of: { name: 'folder' }, key: 'a:b' }],
    ['s3://bucket/lab/run/1', { of: { name: 'lab' }, key: 'run/1' }],
    ['s3://bucket/lab', { of: { name: 'lab' }, key: '' }],
    ['s3://bucket/lab/inner/x', { of: { name: 'inner' }, key: 'x' }],
    ['s3://bucket/labor/x', { of: { url: 's3://bucket' }, key: 'labor/x' }],
    ['s3://other', { of: { url: 's3://other' }, key: '' }],
    ['azure://account/container/a/b', { of: { url: 'azure://account/container' }, key: 'a/b' }],
    ['./lab:run', undefined],
    ['c:run', undefined],
    ['file:///srv/data/x', undefined],
  ])('%s is told from a path', (text, location) => expect(parseLocation(text, stores)).toEqual(location));

  it('of a kind whose stores have to be configured says so', () => {
    expect(() => parseLocation('redis://u:secret@host/x', stores)).toThrow(
      '"redis://host/x" lies in no store of the config',
    );
  });
});
