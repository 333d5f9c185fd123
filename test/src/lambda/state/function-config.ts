import { invalid, LambdaError } from '../wire/lambda-error.js';

/** What can be set of a function. */
export interface FunctionConfig {
  readonly name: string;
  readonly description: string;
  readonly runtime: string;
  readonly role: string;
  readonly handler: string;
  readonly memoryMib: number;
  readonly timeoutSeconds: number;
  readonly ephemeralMib: number;
  readonly architecture: string;
  readonly environment: Readonly<Record<string, string>>;
}

type Sent = Readonly<Record<string, unknown>>;

/** Those of today's runtimes that are Node: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html */
const runtimes = ['nodejs20.x', 'nodejs22.x', 'nodejs24.x'];
/** Names that the runtime keeps for itself. */
const reservedVariables =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_REGION|REGION|EXECUTION_ENV|LAMBDA_\w+|ACCESS_KEY\w*|SECRET_ACCESS_KEY|SESSION_TOKEN)|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;
const largestEnvironment = 4096;

/** @throws LambdaError */
export function newConfig(sent: Sent): FunctionConfig {
  const name = textOf(sent, 'FunctionName');
  if (name === undefined || !/^[A-Za-z0-9-_]{1,64}$/.test(name)) {
    throw new LambdaError(
      'ValidationException',
      `1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint`,
    );
  }
  for (const needed of ['Role', 'Runtime', 'Handler']) {
    if (textOf(sent, needed) === undefined)
      throw invalid(`${needed} is mandatory for functions created with deployment packages.`);
  }
  const bare = {
    name,
    description: '',
    runtime: '',
    role: '',
    handler: '',
    memoryMib: 128,
    timeoutSeconds: 3,
    ephemeralMib: 512,
    architecture: 'x86_64',
    environment: {},
  };
  return changed(bare, sent);
}

/** @throws LambdaError for values that Lambda does not take */
export function changed(config: FunctionConfig, sent: Sent): FunctionConfig {
  const storage = branchOf(sent, 'EphemeralStorage');
  const variables = branchOf(sent, 'Environment')?.Variables as FunctionConfig['environment'] | undefined;
  const architectures = sent.Architectures as readonly string[] | undefined;
  const next: FunctionConfig = {
    ...config,
    description: textOf(sent, 'Description') ?? config.description,
    runtime: textOf(sent, 'Runtime') ?? config.runtime,
    role: textOf(sent, 'Role') ?? config.role,
    handler: textOf(sent, 'Handler') ?? config.handler,
    memoryMib: within(sent, 'MemorySize', 128, 10_240) ?? config.memoryMib,
    timeoutSeconds: within(sent, 'Timeout', 1, 900) ?? config.timeoutSeconds,
    ephemeralMib: (storage && within(storage, 'Size', 512, 10_240)) ?? config.ephemeralMib,
    architecture: architectures?.[0] ?? config.architecture,
    environment: variables ?? config.environment,
  };
  if (!runtimes.includes(next.runtime))
    throw invalid(
      `Value ${next.runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${runtimes.join(', ')}]`,
    );
  if (!/^arn:aws:iam::\d{12}:role\/\S+$/.test(next.role))
    throw new LambdaError(
      'ValidationException',
      `Value '${next.role}' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern`,
    );
  if (!['x86_64', 'arm64'].includes(next.architecture))
    throw invalid(`Value [${next.architecture}] at 'architectures' failed to satisfy constraint`);
  checkEnvironment(next.environment);
  return next;
}

function checkEnvironment(environment: FunctionConfig['environment']): void {
  const reserved = Object.keys(environment).filter(name => reservedVariables.test(name));
  if (reserved.length > 0) {
    throw invalid(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    );
  }
  if (JSON.stringify(environment).length > largestEnvironment) {
    throw invalid(
      `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.`,
    );
  }
}

function textOf(sent: Sent, name: string): string | undefined {
  const value = sent[name];
  return typeof value === 'string' ? value : undefined;
}

function branchOf(sent: Sent, name: string): Sent | undefined {
  const value = sent[name];
  return typeof value === 'object' && value !== null ? (value as Sent) : undefined;
}

function within(sent: Sent, name: string, least: number, most: number): number | undefined {
  const value = sent[name];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new LambdaError(
    'ValidationException',
    `1 validation error detected: Value '${String(value)}' at '${name.charAt(0).toLowerCase()}${name.slice(1)}' failed to satisfy constraint: Member must have value between ${least} and ${most}`,
  );
}
