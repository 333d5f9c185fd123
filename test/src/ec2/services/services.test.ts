import { GetProductsCommand } from '@aws-sdk/client-pricing';
import { GetServiceQuotaCommand, paginateListServiceQuotas } from '@aws-sdk/client-service-quotas';
import { GetParameterCommand, GetParametersCommand } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refusal } from '../contract/ask.js';
import type { Ec2Simulator } from '../ec2-simulator.js';
import { startEc2 } from '../start-ec2.js';
import { testClients } from '../test-clients.js';

let ec2: Ec2Simulator;
let clients: ReturnType<typeof testClients>;

beforeEach(async () => {
  ec2 = await startEc2({ quotas: { 'L-1216C47A': 32 }, pageSize: 3 });
  clients = testClients(ec2.endpoint);
});

afterEach(async () => {
  clients.close();
  await ec2.close();
});

const al2023 = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64';

test('SSM names images', async () => {
  const { Parameter } = await clients.ssm.send(new GetParameterCommand({ Name: al2023 }));
  expect(Parameter).toMatchObject({ Name: al2023, Value: 'ami-0a12023000000a64d', Type: 'String' });
  expect(Parameter!.LastModifiedDate).toBeInstanceOf(Date);
  const many = await clients.ssm.send(new GetParametersCommand({ Names: [al2023, '/nothing'] }));
  expect(many.Parameters!.map(({ Value }) => Value)).toEqual(['ami-0a12023000000a64d']);
  expect(many.InvalidParameters).toEqual(['/nothing']);
  expect(await refusal(clients.ssm.send(new GetParameterCommand({ Name: '/nothing' })))).toBe('ParameterNotFound');
});

test('Service Quotas names the limits of vCPUs', async () => {
  const get = (QuotaCode: string) => clients.quotas.send(new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode }));
  expect((await get('L-1216C47A')).Quota).toMatchObject({ Value: 32, Adjustable: true });
  ec2.setQuota('L-1216C47A', 64);
  expect((await get('L-1216C47A')).Quota!.Value).toBe(64);
  expect(await refusal(get('L-00000000'))).toBe('NoSuchResourceException');
  const codes: string[] = [];
  for await (const page of paginateListServiceQuotas({ client: clients.quotas }, { ServiceCode: 'ec2' }))
    codes.push(...page.Quotas!.map(({ QuotaCode }) => QuotaCode!));
  expect(codes).toHaveLength(7);
});

test('Pricing has a price for a type', async () => {
  const filter = (Field: string, Value: string) => ({ Type: 'TERM_MATCH' as const, Field, Value });
  const { PriceList } = await clients.pricing.send(
    new GetProductsCommand({
      ServiceCode: 'AmazonEC2',
      Filters: [filter('instanceType', 'r6a.32xlarge'), filter('regionCode', 'us-east-1'), filter('tenancy', 'Shared')],
    }),
  );
  expect(PriceList).toHaveLength(1);
  const product = JSON.parse(String(PriceList![0])) as {
    terms: { OnDemand: Record<string, { priceDimensions: Record<string, { pricePerUnit: { USD: string } }> }> };
  };
  const [term] = Object.values(product.terms.OnDemand);
  expect(Object.values(term!.priceDimensions).map(({ pricePerUnit }) => Number(pricePerUnit.USD))).toEqual([7.2576]);
});

test('faults strike the other services, too, and the log has their parameters', async () => {
  ec2.faults.add({ action: 'GetParameter', kind: 'error', code: 'ThrottlingException', message: 'Rate exceeded' });
  await expect(clients.ssm.send(new GetParameterCommand({ Name: al2023 }))).rejects.toMatchObject({
    name: 'ThrottlingException',
    message: 'Rate exceeded',
  });
  expect(ec2.requests).toEqual([
    {
      at: expect.any(Number),
      service: 'ssm',
      action: 'GetParameter',
      params: { Name: al2023 },
      outcome: 'ThrottlingException',
      faults: ['error'],
    },
  ]);
});

test('STS says who the caller is', async () => {
  const response = await fetch(ec2.endpoint, {
    method: 'POST',
    headers: {
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKID/20261121/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
  });
  expect(await response.text()).toContain(
    '<GetCallerIdentityResult><UserId>AIDASIMULATED</UserId><Account>123456789012',
  );
});
