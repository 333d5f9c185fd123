import type { EC2 } from '@aws-sdk/client-ec2';
import type { Pricing } from '@aws-sdk/client-pricing';
import type { ServiceQuotas } from '@aws-sdk/client-service-quotas';
import type { SSM } from '@aws-sdk/client-ssm';
import type { Ec2Settings } from './ec2-settings.js';

/** AWS's own clients, each loaded when it is first asked for: half a second for EC2's that nobody else pays. */
export interface SdkClients {
  ec2(): Promise<EC2>;
  ssm(): Promise<SSM>;
  quotas(): Promise<ServiceQuotas>;
  pricing(): Promise<Pricing>;
  /** Ends the connections that are kept open. */
  close(): void;
}

const connectionTimeoutMs = 5_000;
/** The last resort, above any limit of a call. */
const requestTimeoutMs = 120_000;
/** The price list is served from few regions; this one has the prices of all. */
const pricingRegion = 'us-east-1';

/** Clients without retries of their own: `call` knows which request may be repeated. */
export function sdkClients({ region, endpoint }: Pick<Ec2Settings, 'region' | 'endpoint'>): SdkClients {
  // The SDK looks at it while it is loaded. Megalith says itself which Node it needs.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const made: { destroy(): void }[] = [];
  const config = {
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
  };
  const once = <C extends { destroy(): void }>(load: () => Promise<C>) => {
    let loading: Promise<C> | undefined;
    return () => {
      loading ??= load().then(client => {
        made.push(client);
        return client;
      });
      return loading;
    };
  };
  return {
    ec2: once(async () => new (await import('@aws-sdk/client-ec2')).EC2({ ...config, region })),
    ssm: once(async () => new (await import('@aws-sdk/client-ssm')).SSM({ ...config, region })),
    quotas: once(async () => new (await import('@aws-sdk/client-service-quotas')).ServiceQuotas({ ...config, region })),
    pricing: once(
      async () => new (await import('@aws-sdk/client-pricing')).Pricing({ ...config, region: pricingRegion }),
    ),
    close: () => {
      for (const client of made.splice(0)) client.destroy();
    },
  };
}
