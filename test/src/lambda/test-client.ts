import { CreateFunctionCommand, InvokeCommand, LambdaClient, waitUntilFunctionActiveV2 } from '@aws-sdk/client-lambda';
import { strToU8, zipSync } from 'fflate';
import type { LambdaEmulator } from './lambda-emulator.js';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const credentials = { accessKeyId: 'AKIDTESTSONLY', secretAccessKey: 'no-secret' };

/** A client of AWS's own SDK that asks once, and does not try again. */
export function testClient(
  { endpoint, region }: Pick<LambdaEmulator, 'endpoint' | 'region'>,
  maxSockets = 50,
): LambdaClient {
  return new LambdaClient({
    endpoint,
    region,
    credentials,
    maxAttempts: 1,
    requestHandler: { httpAgent: { maxSockets } },
  });
}

/** A package of these files. */
export function zipped(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  return zipSync(
    Object.fromEntries(
      Object.entries(files).map(([name, text]) => [name, typeof text === 'string' ? strToU8(text) : text]),
    ),
  );
}

export interface TestFunction {
  readonly name?: string;
  readonly code?: string;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly handler?: string;
  readonly memoryMib?: number;
  readonly timeoutSeconds?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Makes a function, and settles when it can be called. */
export async function deploy(client: LambdaClient, role: string, what: TestFunction): Promise<string> {
  const {
    name = 'f',
    code = 'export const handler = async event => event',
    memoryMib = 512,
    timeoutSeconds = 10,
  } = what;
  await client.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: 'nodejs22.x',
      Role: role,
      Handler: what.handler ?? 'index.handler',
      Code: { ZipFile: zipped(what.files ?? { 'index.mjs': code }) },
      MemorySize: memoryMib,
      Timeout: timeoutSeconds,
      ...(what.env === undefined ? {} : { Environment: { Variables: { ...what.env } } }),
      ...(what.tags === undefined ? {} : { Tags: { ...what.tags } }),
    }),
  );
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.1 }, { FunctionName: name });
  return name;
}

export interface TestAnswer {
  readonly status: number | undefined;
  readonly error: string | undefined;
  readonly payload: unknown;
  readonly log: string;
  readonly version: string | undefined;
}

export async function call(client: LambdaClient, name: string, payload: unknown = {}): Promise<TestAnswer> {
  const { StatusCode, FunctionError, Payload, LogResult, ExecutedVersion } = await client.send(
    new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(payload), LogType: 'Tail' }),
  );
  return {
    status: StatusCode,
    error: FunctionError,
    payload: JSON.parse(Payload!.transformToString() || 'null'),
    log: Buffer.from(LogResult ?? '', 'base64').toString(),
    version: ExecutedVersion,
  };
}

export interface Refusal {
  readonly name: string;
  readonly status: number | undefined;
  readonly message: string;
}

/** What a call is refused with. @throws where it is not refused */
export async function refusal(called: Promise<unknown>): Promise<Refusal> {
  const error = await called.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) throw new Error('the call was not refused');
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  return { name, status: $metadata?.httpStatusCode, message };
}
