/** What Lambda answers in place of a result. */
export class LambdaError extends Error {
  readonly code: string;
  readonly status: number;
  /** Beside `Type` and `message`. */
  readonly fields: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    message: string,
    more: {
      /** HTTP. @defaultValue what AWS sends with `code`, else 400 */
      readonly status?: number;
      readonly fields?: Readonly<Record<string, string>>;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.name = 'LambdaError';
    this.code = code;
    this.status = more.status ?? statusOf[code] ?? 400;
    this.fields = more.fields ?? {};
    this.headers = more.headers ?? {};
  }
}

/** From the errors of each action in the "AWS Lambda API Reference"; all others are 400. */
const statusOf: Readonly<Record<string, number>> = {
  AccessDeniedException: 403,
  InvalidSignatureException: 403,
  MissingAuthenticationTokenException: 403,
  RequestEntityTooLargeException: 413,
  ResourceConflictException: 409,
  ResourceNotFoundException: 404,
  ResourceNotReadyException: 502,
  ServiceException: 500,
  TooManyRequestsException: 429,
};

export function invalid(message: string): LambdaError {
  return new LambdaError('InvalidParameterValueException', message, { fields: { Type: 'User' } });
}

/** Why a call is throttled. */
export type ThrottleReason =
  | 'ConcurrentInvocationLimitExceeded'
  | 'ReservedFunctionConcurrentInvocationLimitExceeded'
  | 'FunctionInvocationRateLimitExceeded'
  | 'CallerRateLimitExceeded';

export function throttled(reason: ThrottleReason, retryAfterSeconds?: number): LambdaError {
  return new LambdaError(
    'TooManyRequestsException',
    reason === 'CallerRateLimitExceeded' ? 'Rate exceeded' : 'Rate Exceeded.',
    {
      fields: { Reason: reason, Type: 'User' },
      ...(retryAfterSeconds === undefined ? {} : { headers: { 'retry-after': String(retryAfterSeconds) } }),
    },
  );
}
