import { type ErrorCode, fieldsOf, isMegalithError, MegalithError } from '@megalith/agent';

/** What an error of AWS Lambda asks of its caller. */
export type LambdaErrorClass =
  /** Too many at once, or too often: the call was not looked at. */
  | 'throttled'
  /** Something over there, or on the way, and the call certainly did not run. */
  | 'notRun'
  /** Nobody knows whether the call ran. */
  | 'unknown'
  /** There is no such function. */
  | 'missing'
  /** It is there already, or just being made or changed. */
  | 'conflict'
  /** The role was made a moment ago, and is not known everywhere. */
  | 'roleUnknown'
  | 'tooLarge'
  | 'quota'
  | 'credentials'
  | 'forbidden'
  /** Ended by its own signal. */
  | 'aborted'
  | 'invalid';

// AWS: the errors of "Invoke", "CreateFunction" and "GetFunction" in the Lambda API reference, and "Common errors".
const classByCode: ReadonlyMap<string, LambdaErrorClass> = new Map(
  Object.entries({
    throttled: 'TooManyRequestsException ThrottlingException Throttling RequestLimitExceeded EC2ThrottledException',
    notRun:
      'ServiceUnavailable ServiceUnavailableException ResourceNotReadyException EC2UnexpectedException EC2AccessDeniedException ENILimitReachedException ENINotReadyException SubnetIPAddressLimitReachedException EFSIOException EFSMountConnectivityException EFSMountFailureException EFSMountTimeoutException KMSDisabledException SnapStartNotReadyException SnapStartTimeoutException SnapStartException ECONNREFUSED ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH ENETDOWN',
    unknown:
      'ServiceException InternalFailure InternalServerError InternalServerException ECONNRESET ECONNABORTED EPIPE ETIMEDOUT',
    missing: 'ResourceNotFoundException',
    conflict: 'ResourceConflictException',
    tooLarge: 'RequestTooLargeException RequestEntityTooLargeException',
    quota: 'CodeStorageExceededException FunctionLimitExceededException',
    credentials:
      'CredentialsProviderError TokenProviderError UnrecognizedClientException InvalidClientTokenId ExpiredToken ExpiredTokenException RequestExpired SignatureDoesNotMatch InvalidSignatureException IncompleteSignature MissingAuthenticationToken MissingAuthenticationTokenException',
    forbidden: 'AccessDenied AccessDeniedException NotAuthorizedException OptInRequired',
    aborted: 'AbortError',
  } satisfies Partial<Record<LambdaErrorClass, string>>).flatMap(([kind, codes]) =>
    codes.split(' ').map((code): [string, LambdaErrorClass] => [code, kind as LambdaErrorClass]),
  ),
);

/** The class of whatever a call threw. */
export function lambdaErrorClass(error: unknown): LambdaErrorClass {
  const { codes, status, message } = factsOf(error);
  if (codes.includes('InvalidParameterValueException')) {
    if (/role.*(cannot be assumed|is invalid or cannot)/i.test(message)) return 'roleUnknown';
    // What a new account may have is less than what the API takes.
    return /MemorySize|less than or equal to 3008/i.test(message) ? 'quota' : 'invalid';
  }
  const known = codes.map(code => classByCode.get(code)).find(kind => kind !== undefined);
  if (known !== undefined) return known;
  if (/did not establish a connection/.test(message)) return 'notRun';
  if (codes.includes('TimeoutError')) return 'unknown';
  if (status === 429) return 'throttled';
  if (status === 413) return 'tooLarge';
  if (status === 503) return 'notRun';
  if (status !== undefined && status >= 500) return 'unknown';
  if (status === 401) return 'credentials';
  if (status === 403) return 'forbidden';
  // An answer that ends early, or is none of Lambda's.
  return /socket hang up|aborted|unexpected end|ended prematurely/i.test(message) || codes.includes('SyntaxError')
    ? 'unknown'
    : 'invalid';
}

/** What a refusal asks to be waited, milliseconds. */
export function retryAfterMs(error: unknown): number | undefined {
  const seconds = Number(fieldsOf(error).retryAfterSeconds);
  return seconds > 0 && Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

const codes: Readonly<Record<LambdaErrorClass, ErrorCode>> = {
  throttled: 'QUOTA',
  notRun: 'CLOUD_FAILED',
  unknown: 'CLOUD_FAILED',
  missing: 'NOT_FOUND',
  conflict: 'CLOUD_FAILED',
  roleUnknown: 'CLOUD_FAILED',
  tooLarge: 'OVER_PAYLOAD',
  quota: 'QUOTA',
  credentials: 'NO_CREDENTIALS',
  forbidden: 'NO_CREDENTIALS',
  aborted: 'CANCELLED',
  invalid: 'CLOUD_FAILED',
};

const hints: Readonly<Partial<Record<LambdaErrorClass, string>>> = {
  throttled:
    'the account runs as many functions as it may: ask for more concurrency in the console under "Service Quotas", or set `concurrency` in the section `lambda` of the config',
  notRun: "try again; check `region` in the config and this computer's network, and see https://health.aws.amazon.com",
  unknown: "try again; check this computer's network, and see https://health.aws.amazon.com",
  roleUnknown:
    'check `role` in the section `lambda` of the config: it must trust lambda.amazonaws.com, as `megalith lambda iam` prints it; a role that was just made needs some seconds',
  quota:
    'remove old functions with `megalith lambda clean`, leave sizes above the account\'s limit out of `memory` in the section `lambda` of the config, or ask for more under "Service Quotas"',
  credentials:
    'give credentials that AWS knows: `aws sso login`, `aws configure`, or AWS_PROFILE; `aws sts get-caller-identity` tests them',
  forbidden: 'attach the policy that `megalith lambda iam` prints to the user or role that runs Megalith',
};

/** The error that users see for one that a call to Lambda threw. Errors of Megalith's pass as they are. @param call the action: `CreateFunction` */
export function lambdaError(call: string, error: unknown): MegalithError {
  if (isMegalithError(error)) return error;
  const kind = lambdaErrorClass(error);
  const { codes: found, status, requestId, message } = factsOf(error);
  const [awsCode = 'UnknownError'] = found;
  // What kept AWS from looking at a call: `ConcurrentInvocationLimitExceeded`.
  const { Reason: reason } = fieldsOf(error);
  const hint = hints[kind];
  return new MegalithError(codes[kind], `${wrong(call, awsCode, status)}: ${oneLine(message)}`, {
    ...(hint === undefined ? {} : { hint }),
    details: {
      call,
      class: kind,
      awsCode,
      ...(typeof reason === 'string' ? { reason } : {}),
      ...(status === undefined ? {} : { httpStatus: status }),
      ...(requestId === undefined ? {} : { requestId }),
    },
    cause: error,
  });
}

function wrong(call: string, code: string, status: number | undefined): string {
  if (code === 'CredentialsProviderError') return `there are no credentials for "${call}" of AWS Lambda`;
  if (status === undefined) return `"${call}" of AWS Lambda failed with ${code}`;
  return `AWS Lambda refused "${call}" with ${code}`;
}

interface ErrorFacts {
  /** The network's, and AWS's, the most telling first. */
  readonly codes: readonly string[];
  readonly status?: number;
  readonly requestId?: string;
  readonly message: string;
}

function factsOf(error: unknown): ErrorFacts {
  const { code, Code, name, $metadata, message } = fieldsOf(error);
  const { httpStatusCode, requestId } = fieldsOf($metadata);
  const words = [code, Code, name].filter(word => typeof word === 'string' && word !== '' && word !== 'Error');
  return {
    codes: words as string[],
    ...(typeof httpStatusCode === 'number' ? { status: httpStatusCode } : {}),
    ...(typeof requestId === 'string' ? { requestId } : {}),
    message: typeof message === 'string' ? message : String(error),
  };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim() || 'no reason was given';
}
