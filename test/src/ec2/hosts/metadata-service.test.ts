import { describe, expect, test } from 'vitest';
import { MetadataService } from './metadata-service.js';
import type { InstanceMetadata } from './metadata-tree.js';

const instance: InstanceMetadata = {
  instanceId: 'i-1',
  type: 'c7i.large',
  zone: 'eu-central-1a',
  region: 'eu-central-1',
  market: 'spot',
  imageId: 'ami-1',
  userData: '#cloud-config\n',
  publicKey: 'ssh-ed25519 AAAA me',
  hostName: 'ip-10-0-0-1',
  privateAddress: '10.0.0.1',
  publicAddress: '198.18.0.1',
  launchedAt: '2026-01-02T03:04:05.678Z',
};

function opened() {
  let nowMs = 0;
  const service = new MetadataService(() => nowMs);
  const token = (ttl: string | undefined, of = instance) =>
    service.answer(of, {
      method: 'PUT',
      path: '/latest/api/token',
      headers: ttl === undefined ? {} : { 'x-aws-ec2-metadata-token-ttl-seconds': ttl },
    });
  const get = (path: string, value?: string, of = instance) =>
    service.answer(of, {
      method: 'GET',
      path,
      headers: value === undefined ? {} : { 'x-aws-ec2-metadata-token': value },
    });
  return {
    token,
    get,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('the metadata service', () => {
  test('gives tokens for 1 to 21600 seconds', () => {
    const { token } = opened();
    const statuses = ['1', '21600', '0', '21601', 'a', '-1', undefined].map(ttl => token(ttl).status);
    expect(statuses).toEqual([200, 200, 400, 400, 400, 400, 400]);
  });

  test('answers to a token of this instance, until it ends', () => {
    const { token, get, pass } = opened();
    const { body } = token('10');
    const path = '/latest/meta-data/instance-id';
    expect(get(path)).toMatchObject({ status: 401 });
    expect(get(path, `${body}x`)).toMatchObject({ status: 401 });
    expect(get(path, body, { ...instance, instanceId: 'i-2' })).toMatchObject({ status: 401 });
    expect(get(path, body)).toMatchObject({ status: 200, body: 'i-1' });
    pass(9_999);
    expect(get(path, body)).toMatchObject({ status: 200 });
    pass(1);
    expect(get(path, body)).toMatchObject({ status: 401 });
  });

  test.each([
    ['meta-data/instance-type', 'c7i.large'],
    ['meta-data/placement/availability-zone', 'eu-central-1a'],
    ['meta-data/placement/region', 'eu-central-1'],
    ['meta-data/placement/', 'availability-zone\nregion'],
    ['meta-data/local-ipv4', '10.0.0.1'],
    ['meta-data/instance-life-cycle', 'spot'],
    ['meta-data/public-keys/', '0=key'],
    ['meta-data/public-keys/0/', 'openssh-key'],
    ['meta-data/public-keys/0/openssh-key', 'ssh-ed25519 AAAA me'],
    ['user-data', '#cloud-config\n'],
    ['', 'dynamic/\nmeta-data/\nuser-data'],
  ])('says what is at %s', (path, body) => {
    const { token, get } = opened();
    expect(get(`/latest/${path}`, token('10').body)).toMatchObject({ status: 200, body });
  });

  test('says the same by the date of a version, and nothing by other names', () => {
    const { token, get } = opened();
    const { body } = token('10');
    const said = ['2009-04-04', '2021-03-23', 'first'].map(version => get(`/${version}/meta-data/instance-id`, body));
    expect(said.map(({ status }) => status)).toEqual([200, 200, 404]);
  });

  test('has no user data, no key and no end of spot where there is none', () => {
    const { token, get } = opened();
    const { publicKey: _, ...rest } = { ...instance, userData: '' };
    const { body } = token('10');
    const paths = ['user-data', 'meta-data/public-keys/', 'meta-data/spot/instance-action', 'meta-data/instance'];
    const statuses = paths.map(path => get(`/latest/${path}`, body, rest).status);
    expect(statuses).toEqual([404, 404, 404, 404]);
  });

  test('announces an interruption', () => {
    const { token, get } = opened();
    const { body } = token('10');
    const ending = { ...instance, interruptionAt: '2026-01-02T03:04:05.678Z' };
    const action = get('/latest/meta-data/spot/instance-action', body, ending).body;
    expect(JSON.parse(action)).toEqual({ action: 'terminate', time: '2026-01-02T03:04:05Z' });
    expect(get('/latest/meta-data/spot/termination-time', body, ending).body).toBe('2026-01-02T03:04:05Z');
  });
});
