import { EC2Client } from '@aws-sdk/client-ec2';
import { PricingClient } from '@aws-sdk/client-pricing';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SSMClient } from '@aws-sdk/client-ssm';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const credentials = { accessKeyId: 'AKIDTESTSONLY', secretAccessKey: 'no-secret' };

/** Clients of AWS's own SDK that ask `endpoint` once, and do not try again. */
export function testClients(endpoint: string) {
  const config = { endpoint, region: 'us-east-1', credentials, maxAttempts: 1 };
  const ec2 = new EC2Client(config);
  const ssm = new SSMClient(config);
  const quotas = new ServiceQuotasClient(config);
  const pricing = new PricingClient(config);
  return {
    ec2,
    ssm,
    quotas,
    pricing,
    close: () => {
      for (const client of [ec2, ssm, quotas, pricing]) client.destroy();
    },
  };
}
