import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MegalithError } from '@megalith/agent';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { detailsOf } from './cloud-error.js';
import { type Ec2Api, openEc2 } from './ec2-client.js';
import { launchFleet } from './launch-fleet.js';

interface Asked {
  readonly action: string;
  readonly params: URLSearchParams;
  readonly request: IncomingMessage;
}
type Answer = (asked: Asked, response: ServerResponse) => void;

let server: Server;
let endpoint = '';
let api: Ec2Api;
/** One for each request to come; the last stands for all further. */
let answers: Answer[] = [];
let asked: Asked[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', piece => pieces.push(piece));
    request.on('end', () => {
      const params = new URLSearchParams(Buffer.concat(pieces).toString());
      const target = String(request.headers['x-amz-target'] ?? '')
        .split('.')
        .at(-1);
      const one = { action: params.get('Action') ?? target ?? '', params, request };
      asked.push(one);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      answer?.(one, response);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', '');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
  asked = [];
  api = openEc2({ region: 'eu-central-1', endpoint });
});
afterEach(() => {
  api.close();
  vi.unstubAllEnvs();
});

const xml =
  (body: string): Answer =>
  ({ action }, response) => {
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.end(`<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${body}</${action}Response>`);
  };

const refusal =
  (code: string, status = 400, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': 'r-1', ...headers });
    response.end(
      `<?xml version="1.0"?><Response><Errors><Error><Code>${code}</Code><Message>${code}.</Message></Error></Errors><RequestID>r-1</RequestID></Response>`,
    );
  };

const machine = xml('<instancesSet><item><instanceId>i-1</instanceId></item></instancesSet>');
const hang: Answer = () => undefined;
const drop: Answer = (_, response) => response.destroy();

async function errorOf(promise: Promise<unknown>): Promise<MegalithError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof MegalithError)) throw new Error('it should have failed', { cause: error });
  return error;
}

const launch = { MinCount: 1, MaxCount: 1, ImageId: 'ami-1', ClientToken: 'token-1' };

it('signs with the default credentials, and sends what it was given', async () => {
  answers = [machine];
  await expect(api.runInstances(launch)).resolves.toEqual([{ InstanceId: 'i-1' }]);
  expect(asked.map(({ action }) => action)).toEqual(['RunInstances']);
  expect(asked[0]?.params.get('ClientToken')).toBe('token-1');
  expect(asked[0]?.request.headers.authorization).toContain('AKIDEXAMPLE/');
  expect(asked[0]?.request.headers.authorization).toContain('/eu-central-1/ec2/');
});

it.each<[string, Answer]>([
  ['throttling', refusal('RequestLimitExceeded', 503)],
  ['a fault', refusal('InternalError', 500)],
  ['a lost reply', drop],
  [
    'half a reply',
    (_, response) => {
      response.writeHead(200, { 'content-length': '999' }).write('<RunInst', () => response.destroy());
    },
  ],
  ['a reply of some proxy', (_, response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<html>')],
])('repeats a request with the same token after %s', async (_, trouble) => {
  answers = [trouble, machine];
  await expect(api.runInstances(launch)).resolves.toHaveLength(1);
  expect(asked.map(({ params }) => params.get('ClientToken'))).toEqual(['token-1', 'token-1']);
});

it('does not repeat a launch without a token of ours when its reply is lost', async () => {
  answers = [drop, machine];
  const { ClientToken: _, ...bare } = launch;
  expect(await errorOf(api.runInstances(bare))).toMatchObject({
    code: 'CLOUD_FAILED',
    details: { class: 'transient' },
  });
  expect(asked).toHaveLength(1);
});

it.each([
  ['InsufficientInstanceCapacity', 500, 'NO_CAPACITY'],
  ['VcpuLimitExceeded', 400, 'QUOTA'],
  ['RequestExpired', 400, 'NO_CREDENTIALS'],
  ['UnauthorizedOperation', 403, 'NO_CREDENTIALS'],
  ['IdempotentParameterMismatch', 400, 'CLOUD_FAILED'],
  ['InvalidInstanceID.NotFound', 400, 'NOT_FOUND'],
])('asks once, and says so, where AWS answers %s', async (awsCode, status, code) => {
  answers = [refusal(awsCode, status)];
  const error = await errorOf(api.terminateInstance('i-1'));
  expect(error).toMatchObject({ code, details: { call: 'TerminateInstances', awsCode, requestId: 'r-1' } });
  expect(asked).toHaveLength(1);
});

it('learns the time from AWS where this computer’s clock is wrong', async () => {
  const date = new Date(Date.now() + 3_600_000).toUTCString();
  const wrong: Answer = (one, response) => refusal('RequestExpired', 400, { date })(one, response);
  answers = [wrong, machine];
  await expect(api.runInstances(launch)).resolves.toHaveLength(1);
  const [first, second] = asked.map(({ request }) => Number(String(request.headers['x-amz-date']).slice(9, 11)));
  expect(((second ?? 0) - (first ?? 0) + 24) % 24).toBeGreaterThanOrEqual(1);
});

it('ends a request that nobody answers', async () => {
  answers = [hang];
  const error = await errorOf(api.stopInstance('i-1', { attemptMs: 50, deadlineMs: 100 }));
  expect(error).toMatchObject({ code: 'CLOUD_FAILED', details: { call: 'StopInstances', awsCode: 'ETIMEDOUT' } });
  for (const { request } of asked) await expect.poll(() => request.socket.destroyed, { timeout: 10_000 }).toBe(true);
});

it('ends with its caller', async () => {
  const controller = new AbortController();
  answers = [() => controller.abort()];
  expect(await errorOf(api.stopInstance('i-1', { signal: controller.signal }))).toMatchObject({ code: 'CANCELLED' });
});

it('says which credentials to give where there are none', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', '');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', '');
  vi.stubEnv('HOME', '/nonexistent');
  const error = await errorOf(api.startInstance('i-1'));
  expect(error).toMatchObject({ code: 'NO_CREDENTIALS', details: { class: 'credentials' } });
  expect(error.hint).toContain('aws sso login');
  expect(asked).toEqual([]);
});

it('reads all pages, each with attempts of its own', async () => {
  const page = (id: string, next: string) =>
    xml(
      `<reservationSet><item><instancesSet><item><instanceId>${id}</instanceId></item></instancesSet></item></reservationSet><nextToken>${next}</nextToken>`,
    );
  answers = [page('i-1', 'two'), refusal('Unavailable', 503), page('i-2', 'three'), xml('<reservationSet/>')];
  const ids: (string | undefined)[] = [];
  for await (const { InstanceId } of api.instances({ MaxResults: 5 })) ids.push(InstanceId);
  expect(ids).toEqual(['i-1', 'i-2']);
  expect(asked.map(({ params }) => params.get('NextToken'))).toEqual([null, 'two', 'two', 'three']);
});

it('makes the template of a fleet once more where AWS does not find it', async () => {
  answers = [
    refusal('InvalidLaunchTemplateName.AlreadyExistsException'),
    refusal('InvalidLaunchTemplateName.NotFoundException'),
    xml('<launchTemplate><launchTemplateId>lt-1</launchTemplateId></launchTemplate>'),
    xml('<fleetId>fleet-1</fleetId>'),
  ];
  const template = { LaunchTemplateName: 'megalith-1', LaunchTemplateData: {} };
  const fleet = {
    ClientToken: 't',
    LaunchTemplateConfigs: [],
    TargetCapacitySpecification: { TotalTargetCapacity: 1 },
  };
  await expect(launchFleet(api, template, fleet)).resolves.toMatchObject({ FleetId: 'fleet-1' });
  const actions = ['CreateLaunchTemplate', 'CreateFleet', 'CreateLaunchTemplate', 'CreateFleet'];
  expect(asked.map(({ action }) => action)).toEqual(actions);
  asked = [];
  answers = [
    xml(''),
    refusal('InvalidLaunchTemplateName.NotFoundException'),
    xml(''),
    refusal('InvalidLaunchTemplateName.NotFoundException'),
  ];
  expect(detailsOf(await errorOf(launchFleet(api, template, fleet)))?.class).toBe('missing');
  expect(asked).toHaveLength(4);
});

it('speaks to the services beside EC2 too, to the price list where it is', async () => {
  const json =
    (body: object): Answer =>
    (_, response) =>
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  answers = [
    json({ Parameter: { Value: 'ami-1' } }),
    json({ Quota: { Value: 5 } }),
    json({ Quota: { Value: 4 } }),
    json({ PriceList: ['{}'], NextToken: 'more' }),
    json({ PriceList: ['[]'] }),
  ];
  await expect(api.parameter('/aws/x')).resolves.toBe('ami-1');
  await expect(api.quota('ec2', 'L-1')).resolves.toEqual({ Value: 5 });
  await expect(api.defaultQuota('ec2', 'L-1')).resolves.toEqual({ Value: 4 });
  const products: string[] = [];
  for await (const product of api.products('AmazonEC2', [])) products.push(product);
  expect(products).toEqual(['{}', '[]']);
  const regions = asked.map(({ request }) => /\/([a-z]+-[a-z]+-\d)\//.exec(String(request.headers.authorization))?.[1]);
  expect(regions).toEqual(['eu-central-1', 'eu-central-1', 'eu-central-1', 'us-east-1', 'us-east-1']);
});

it('classifies errors of services that speak JSON', async () => {
  answers = [
    (_, response) =>
      response
        .writeHead(400, { 'content-type': 'application/x-amz-json-1.1' })
        .end(JSON.stringify({ __type: 'com.amazonaws.ssm#ParameterNotFound', message: 'no' })),
  ];
  expect(await errorOf(api.parameter('/aws/x'))).toMatchObject({ code: 'NOT_FOUND', details: { class: 'missing' } });
});
