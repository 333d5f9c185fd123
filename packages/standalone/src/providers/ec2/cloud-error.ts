import { type ErrorCode, fieldsOf, isMegalithError, MegalithError } from '@megalith/agent';

/** What an error of AWS's asks of its caller. */
export type CloudErrorClass =
  /** Asked too often: the request was not looked at. */
  | 'throttled'
  /** Nobody knows whether it was done: a fault over there, or on the way. */
  | 'transient'
  /** There is none of that now, there. */
  | 'capacity'
  /** The account may not have more. */
  | 'quota'
  /** Who asks is not known. */
  | 'credentials'
  /** Who asks is known, and may not. */
  | 'forbidden'
  /** What was named is not there, or not yet. */
  | 'missing'
  /** What was named is not in a state for that, or is there already. */
  | 'conflict'
  /** The client token stands for another request, or for a machine that is gone. */
  | 'mismatch'
  | 'invalid';

/** What a program may read of an error of a cloud: `MegalithError.details` of all that {@link cloudError} makes. */
export interface CloudErrorDetails {
  /** The action, as the API calls it: `RunInstances`. */
  readonly call: string;
  readonly class: CloudErrorClass;
  /** The API's own code: `InsufficientInstanceCapacity`. */
  readonly awsCode: string;
  readonly httpStatus?: number;
  /** What AWS's support asks for. */
  readonly requestId?: string;
}

// AWS: "Error codes for the Amazon EC2 API" and the errors of SSM, Service Quotas and Pricing.
const classByCode: ReadonlyMap<string, CloudErrorClass> = new Map(
  Object.entries({
    throttled:
      'RequestLimitExceeded Throttling ThrottlingException ThrottledException RequestThrottled RequestThrottledException EC2ThrottledException BandwidthLimitExceeded TooManyRequestsException PriorRequestNotComplete SlowDown',
    transient:
      'InternalError InternalFailure InternalServerError InternalServiceError InternalErrorException ServerInternal ServiceUnavailable ServiceUnavailableException Unavailable ServiceException RequestTimeout RequestTimeoutException TimeoutError ConcurrentTagAccess ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENETDOWN ENOTFOUND EAI_AGAIN',
    capacity:
      'InsufficientInstanceCapacity InsufficientCapacity InsufficientHostCapacity InsufficientReservedInstanceCapacity InsufficientCapacityOnOutpost InsufficientVolumeCapacity InsufficientAddressCapacity InsufficientFreeAddressesInSubnet ReservationCapacityExceeded UnfulfillableCapacity Unsupported VolumeTypeNotAvailableInZone SpotMaxPriceTooLow',
    quota: 'PendingVerification VolumeIOPSLimit',
    credentials:
      'AuthFailure InvalidClientTokenId UnrecognizedClientException ExpiredToken ExpiredTokenException RequestExpired SignatureDoesNotMatch InvalidSignatureException IncompleteSignature MissingAuthenticationToken MissingAuthenticationTokenException CredentialsProviderError TokenProviderError',
    forbidden:
      'UnauthorizedOperation AccessDenied AccessDeniedException OptInRequired Blocked NotAuthorizedException AuthorizationError',
    conflict:
      'IncorrectInstanceState IncorrectState IncorrectSpotRequestState DependencyViolation OperationNotPermitted InvalidState',
    mismatch: 'IdempotentParameterMismatch IdempotentInstanceTerminated',
    missing: 'ParameterNotFound ParameterVersionNotFound',
  } satisfies Partial<Record<CloudErrorClass, string>>).flatMap(([kind, codes]) =>
    codes.split(' ').map((code): [string, CloudErrorClass] => [code, kind as CloudErrorClass]),
  ),
);

const classByEnding: readonly (readonly [RegExp, CloudErrorClass])[] = [
  [/NotFound(Exception)?$/, 'missing'],
  [/(\.Duplicate|AlreadyExists(Exception)?|InUse(Exception)?)$/, 'conflict'],
  [/(Limit|Count|Quota)Exceeded(Exception)?$/, 'quota'],
];

/**
 * The class of one of AWS's codes, as errors and the `Errors` of a fleet carry them.
 * @returns undefined for a code that tells nothing
 */
export function classOfCode(code: string): CloudErrorClass | undefined {
  return classByCode.get(code) ?? classByEnding.find(([ending]) => ending.test(code))?.[1];
}

/** The class of whatever a call to AWS threw: an error of the SDK, of the network, or one that {@link cloudError} made of it. */
export function classOf(error: unknown): CloudErrorClass {
  if (isMegalithError(error)) return detailsOf(error)?.class ?? 'invalid';
  const { code, status, retryable, clockCorrected } = factsOf(error);
  // The SDK has learned the difference between the clocks from the refusal: the next attempt is signed right.
  if (clockCorrected) return 'transient';
  const known = codesOf(error)
    .map(classOfCode)
    .find(kind => kind !== undefined);
  if (known !== undefined) return known;
  if (retryable?.throttling === true || status === 429) return 'throttled';
  if (retryable !== undefined || (status !== undefined && status >= 500)) return 'transient';
  if (status === 401) return 'credentials';
  if (status === 403) return 'forbidden';
  // A reply that ends early or is no XML has no code of AWS's, and says nothing of what was done.
  return code === 'SyntaxError' || /socket hang up|aborted|unexpected end/i.test(messageOf(error))
    ? 'transient'
    : 'invalid';
}

/** The facts of an error that {@link cloudError} made; undefined for any other. */
export function detailsOf(error: unknown): CloudErrorDetails | undefined {
  if (!isMegalithError(error) || typeof error.details?.awsCode !== 'string') return undefined;
  return error.details as unknown as CloudErrorDetails;
}

const codes: Readonly<Record<CloudErrorClass, ErrorCode>> = {
  throttled: 'CLOUD_FAILED',
  transient: 'CLOUD_FAILED',
  capacity: 'NO_CAPACITY',
  quota: 'QUOTA',
  credentials: 'NO_CREDENTIALS',
  forbidden: 'NO_CREDENTIALS',
  missing: 'NOT_FOUND',
  conflict: 'CLOUD_FAILED',
  mismatch: 'CLOUD_FAILED',
  invalid: 'CLOUD_FAILED',
};

/** The error that users see for one that a call to AWS threw. Errors of Megalith's pass as they are. */
export function cloudError(call: string, error: unknown): MegalithError {
  if (isMegalithError(error)) return error;
  const kind = classOf(error);
  const { code, status, requestId } = factsOf(error);
  const details: CloudErrorDetails = {
    call,
    class: kind,
    awsCode: code,
    ...(status === undefined ? {} : { httpStatus: status }),
    ...(requestId === undefined ? {} : { requestId }),
  };
  const hint = hintFor(kind, code, call);
  return new MegalithError(codes[kind], `${wrong(call, code, status)}: ${oneLine(messageOf(error))}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { ...details },
    cause: error,
  });
}

function wrong(call: string, code: string, status: number | undefined): string {
  if (code === 'CredentialsProviderError') return `there are no credentials for "${call}" of AWS`;
  if (status === undefined) return `"${call}" of AWS failed with ${code}`;
  return `AWS refused "${call}" with ${code}${status >= 500 ? `, status ${status}` : ''}`;
}

const clockHint =
  "compare this computer's clock with the time (AWS allows 5 minutes), then sign in again: the session may be over";

const hintByCode: Readonly<Record<string, string>> = {
  ExpiredToken: 'the session is over: sign in again, for example with `aws sso login`',
  ExpiredTokenException: 'the session is over: sign in again, for example with `aws sso login`',
  RequestExpired: clockHint,
  SignatureDoesNotMatch: `check the secret access key; ${clockHint}`,
  InvalidSignatureException: `check the secret access key; ${clockHint}`,
  OptInRequired:
    "subscribe to the image on AWS's marketplace, or enable the region for the account, as the message says",
  PendingVerification:
    'AWS verifies the account for this region first: try again in some hours, or take another region',
  Blocked: "AWS has blocked the account: ask AWS's support",
  OperationNotPermitted:
    'the machine may be protected against termination or stopping: see its settings in the console',
  IdempotentInstanceTerminated: 'the machine of this request is gone: ask anew with another client token',
  InsufficientFreeAddressesInSubnet: 'add larger or more `subnets` to the section `ec2` of the config',
  VPCIdNotSpecified: 'there is no default VPC in that region: set `subnets` in the section `ec2` of the config',
  SpotMaxPriceTooLow: 'raise `maxUsdPerHour` in the section `ec2` of the config, or permit the market `on-demand`',
};

const hintByClass: Readonly<Partial<Record<CloudErrorClass, string>>> = {
  throttled:
    "the account's calls are limited, whoever makes them: try again later, or find what else calls AWS so often",
  transient:
    "try again; see https://health.aws.amazon.com and this computer's network, and check `region` in the config",
  capacity:
    'allow more `types`, `subnets`, `archs` or `markets` in the section `ec2` of the config, or try again later',
  quota: 'ask for a higher quota in the console under "Service Quotas", or allow smaller machines',
  credentials:
    'give credentials that AWS knows: `aws sso login`, `aws configure`, or AWS_PROFILE; `aws sts get-caller-identity` tests them',
};

function hintFor(kind: CloudErrorClass, code: string, call: string): string | undefined {
  const hint = hintByCode[code] ?? hintByClass[kind];
  if (hint !== undefined || kind !== 'forbidden') return hint;
  return `these credentials may not call ${call}: attach the policy that \`megalith ec2 iam\` prints; an encoded message is read with \`aws sts decode-authorization-message --encoded-message …\``;
}

interface ErrorFacts {
  readonly code: string;
  readonly status?: number;
  readonly requestId?: string;
  readonly retryable?: { readonly throttling?: boolean };
  readonly clockCorrected: boolean;
}

function factsOf(error: unknown): ErrorFacts {
  const { $metadata, $retryable: retryable } = fieldsOf(error);
  const metadata = fieldsOf($metadata);
  return {
    code: codesOf(error)[0] ?? 'UnknownError',
    ...(typeof metadata.httpStatusCode === 'number' ? { status: metadata.httpStatusCode } : {}),
    ...(typeof metadata.requestId === 'string' ? { requestId: metadata.requestId } : {}),
    ...(typeof retryable === 'object' && retryable !== null ? { retryable } : {}),
    clockCorrected: metadata.clockSkewCorrected === true,
  };
}

/** The codes of an error, the most telling first: the network's is in `code`, AWS's in `name` and, behind it, `Code`. */
function codesOf(error: unknown): readonly string[] {
  const { code, Code, name } = fieldsOf(error);
  const found = [code, Code, name].filter(word => typeof word === 'string' && word !== '');
  return (found as string[]).map(word => word.replace(/^(Client|Server)\./, '')).filter(word => word !== 'Error');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim() || 'no reason was given';
}
