import type { FunctionConfiguration, Lambda, Runtime } from '@aws-sdk/client-lambda';
import type { FunctionDefinition, FunctionState, LambdaApi } from './lambda-api.js';
import type { LambdaSettings } from './lambda-settings.js';

const connectionTimeoutMs = 5_000;
/** What the answer may take beyond the time limit of the function: its start, and the way. */
const startMarginMs = 60_000;
/** Of all calls but `invoke`. */
const controlTimeoutMs = 30_000;
/** Silent connections are tested this often, milliseconds: a gateway forgets one after some minutes, and a call may take 15. */
const keepAliveMs = 30_000;

export interface SdkApiOptions extends Pick<LambdaSettings, 'region' | 'endpoint' | 'timeoutMs'> {
  /** Connections at once. */
  readonly sockets: number;
}

/** AWS's own client, loaded when it is first asked for: `invoke` has connections of its own, so that no answer of another call waits behind them. */
export function sdkApi(options: SdkApiOptions): LambdaApi {
  const invoking = once(() => openClient(options, options.timeoutMs + startMarginMs, options.sockets));
  const control = once(() => openClient(options, controlTimeoutMs, 8));
  return {
    async invoke(name, payload, signal) {
      const answer = await (await invoking.get()).invoke(
        { FunctionName: name, Payload: payload, LogType: 'Tail' },
        { abortSignal: signal },
      );
      return {
        ...(answer.FunctionError === undefined ? {} : { functionError: answer.FunctionError }),
        payload: answer.Payload ?? new Uint8Array(),
        logTail: answer.LogResult === undefined ? '' : Buffer.from(answer.LogResult, 'base64').toString(),
      };
    },
    async getFunction(name, signal) {
      const { Configuration, Tags } = await (await control.get()).getFunction(
        { FunctionName: name },
        { abortSignal: signal },
      );
      return stateOf(Configuration, Tags);
    },
    async createFunction(definition, signal) {
      return stateOf(await (await control.get()).createFunction(requestOf(definition), { abortSignal: signal }));
    },
    async deleteFunction(name, signal) {
      await (await control.get()).deleteFunction({ FunctionName: name }, { abortSignal: signal });
    },
    async tagFunction(arn, tags, signal) {
      await (await control.get()).tagResource({ Resource: arn, Tags: { ...tags } }, { abortSignal: signal });
    },
    async listFunctions(marker, signal) {
      const page = await (await control.get()).listFunctions(
        { ...(marker === undefined ? {} : { Marker: marker }), MaxItems: 50 },
        { abortSignal: signal },
      );
      const functions = (page.Functions ?? []).map(({ FunctionName = '', LastModified = '', MemorySize = 0 }) => ({
        name: FunctionName,
        modifiedAt: modifiedAt(LastModified),
        memoryMib: MemorySize,
      }));
      return { functions, ...(page.NextMarker ? { next: page.NextMarker } : {}) };
    },
    async unreservedConcurrency(signal) {
      const { AccountLimit } = await (await control.get()).getAccountSettings({}, { abortSignal: signal });
      const limit = AccountLimit?.UnreservedConcurrentExecutions ?? AccountLimit?.ConcurrentExecutions;
      if (limit === undefined) throw new Error('the account settings say nothing of concurrency');
      return limit;
    },
    close() {
      invoking.close();
      control.close();
    },
  };
}

async function openClient(
  { region, endpoint }: SdkApiOptions,
  requestTimeoutMs: number,
  sockets: number,
): Promise<Lambda> {
  // The SDK looks at it while it is loaded. Megalith says itself which Node it needs.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const { Lambda } = await import('@aws-sdk/client-lambda');
  const agent = { keepAlive: true, keepAliveMsecs: keepAliveMs, maxSockets: sockets };
  return new Lambda({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    // Only this side knows which call may be repeated.
    maxAttempts: 1,
    requestHandler: {
      httpAgent: agent,
      httpsAgent: agent,
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      // A function that works is silent until its end.
      socketTimeout: 0,
    },
  });
}

function once(open: () => Promise<Lambda>): { get(): Promise<Lambda>; close(): void } {
  let opening: Promise<Lambda> | undefined;
  return {
    get() {
      opening ??= open();
      return opening;
    },
    close() {
      // One that could not be loaded has nothing to close, and whoever asked for it was told.
      opening?.then(
        client => client.destroy(),
        () => undefined,
      );
      opening = undefined;
    },
  };
}

function requestOf(definition: FunctionDefinition) {
  const { name, zip, handler, runtime, role, arch, memoryMib, tmpMib, timeoutMs, description, tags } = definition;
  return {
    FunctionName: name,
    Description: description,
    PackageType: 'Zip' as const,
    Code: { ZipFile: zip },
    Handler: handler,
    Runtime: runtime as Runtime,
    Role: role,
    Architectures: [arch === 'arm64' ? ('arm64' as const) : ('x86_64' as const)],
    MemorySize: memoryMib,
    EphemeralStorage: { Size: tmpMib },
    Timeout: Math.ceil(timeoutMs / 1000),
    Publish: false,
    Tags: { ...tags },
  };
}

function stateOf(
  configuration: Pick<FunctionConfiguration, 'FunctionArn' | 'State' | 'StateReason'> | undefined,
  tags: Readonly<Record<string, string>> = {},
): FunctionState {
  const { FunctionArn = '', State = 'Active', StateReason } = configuration ?? {};
  const known = State === 'Pending' || State === 'Inactive' || State === 'Failed' ? State : 'Active';
  return { arn: FunctionArn, state: known, tags, ...(StateReason === undefined ? {} : { reason: StateReason }) };
}

/** AWS writes `+0000` where JavaScript wants `Z`. */
function modifiedAt(text: string): number {
  const at = Date.parse(text.replace(/\+0000$/, 'Z'));
  // Of unknown age: never old enough to be deleted.
  return Number.isNaN(at) ? Number.POSITIVE_INFINITY : at;
}
