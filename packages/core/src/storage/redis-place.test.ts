import { expect, test } from 'vitest';
import { redisPlace, withoutUser } from './redis-place.js';

test('a URL names server, database and prefix, and is shown without user and password', () => {
  expect(redisPlace('redis://lab')).toEqual({
    url: 'redis://lab/0',
    host: 'lab',
    port: 6379,
    isEncrypted: false,
    database: 0,
    prefix: 'megalith',
  });
  expect(redisPlace('rediss://me:a%2Fb%40c@[::1]:7000/12?prefix=team/job.1')).toEqual({
    url: 'rediss://[::1]:7000/12?prefix=team/job.1',
    host: '::1',
    port: 7000,
    isEncrypted: true,
    database: 12,
    prefix: 'team/job.1',
    username: 'me',
    password: 'a/b@c',
  });
  expect(redisPlace('redis://:100%25%zz@lab/')).toMatchObject({ url: 'redis://lab/0', password: '100%25%zz' });
});

test.each([
  'redis://',
  'redis://u:hidden@',
  'redis://u:hid/den@lab',
  'redis://u:hidden@lab/x',
  'redis://u:hidden@lab/1/2',
  'redis://u:hidden@lab?prefix=a:b',
  'redis://u:hidden@lab?prefix=',
  'redis://u:hidden@lab?ttl=1',
  'redis://u:hidden@lab#hidden',
  'http://u:hidden@lab',
])('%s names no database, and its password is not told', url => {
  const refused = (() => {
    try {
      return redisPlace(url);
    } catch (error) {
      return error;
    }
  })();
  expect(refused).toMatchObject({ code: 'CONFIG', hint: expect.stringContaining('redis://host') });
  expect(JSON.stringify(refused) + String(refused)).not.toMatch(/u:hid/);
});

test('whatever stands before the last @ is taken for a password', () => {
  expect(withoutUser('redis://a:b@c@host/0')).toBe('redis://host/0');
});
