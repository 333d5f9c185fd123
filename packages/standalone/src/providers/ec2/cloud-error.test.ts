import { MegalithError } from '@megalith/agent';
import { expect, it } from 'vitest';
import { classOf, classOfCode, cloudError, detailsOf } from './cloud-error.js';

/** An error as the SDK throws it. */
function sdkError(code: string, status = 400, more: object = {}): Error {
  const error = Object.assign(new Error(`${code} was said`), { Code: code, $fault: 'client', ...more });
  return Object.assign(error, { name: code, $metadata: { httpStatusCode: status, requestId: 'r-1' } });
}

it.each([
  ['throttled', ['RequestLimitExceeded', 'Throttling', 'ThrottlingException', 'TooManyRequestsException']],
  ['transient', ['InternalError', 'Unavailable', 'ServiceUnavailable', 'RequestTimeout', 'ECONNRESET', 'EAI_AGAIN']],
  [
    'capacity',
    ['InsufficientInstanceCapacity', 'UnfulfillableCapacity', 'Unsupported', 'InsufficientFreeAddressesInSubnet'],
  ],
  [
    'quota',
    [
      'VcpuLimitExceeded',
      'InstanceLimitExceeded',
      'MaxSpotInstanceCountExceeded',
      'VolumeLimitExceeded',
      'SecurityGroupLimitExceeded',
      'PendingVerification',
    ],
  ],
  [
    'credentials',
    ['AuthFailure', 'ExpiredToken', 'RequestExpired', 'SignatureDoesNotMatch', 'CredentialsProviderError'],
  ],
  ['forbidden', ['UnauthorizedOperation', 'AccessDeniedException', 'OptInRequired', 'Blocked']],
  [
    'missing',
    [
      'InvalidInstanceID.NotFound',
      'InvalidLaunchTemplateName.NotFoundException',
      'InvalidGroup.NotFound',
      'ParameterNotFound',
    ],
  ],
  [
    'conflict',
    [
      'InvalidGroup.Duplicate',
      'IncorrectInstanceState',
      'DependencyViolation',
      'VolumeInUse',
      'InvalidLaunchTemplateName.AlreadyExistsException',
    ],
  ],
  ['mismatch', ['IdempotentParameterMismatch', 'IdempotentInstanceTerminated']],
] as const)('calls these %s', (kind, codes) => {
  for (const code of codes) expect([code, classOfCode(code), classOf(sdkError(code))]).toEqual([code, kind, kind]);
});

it('goes by status and what the SDK says where the code tells nothing', () => {
  expect(classOf(sdkError('Odd', 503))).toBe('transient');
  expect(classOf(sdkError('Odd', 429))).toBe('throttled');
  expect(classOf(sdkError('Odd', 401))).toBe('credentials');
  expect(classOf(sdkError('Odd', 403))).toBe('forbidden');
  expect(classOf(sdkError('Odd', 400))).toBe('invalid');
  expect(classOf(sdkError('Odd', 400, { $retryable: { throttling: true } }))).toBe('throttled');
  expect(classOf(sdkError('Odd', 400, { $retryable: {} }))).toBe('transient');
  expect(classOf(new TypeError('x is not a function'))).toBe('invalid');
  expect(classOf('text')).toBe('invalid');
  expect(classOf(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }))).toBe('transient');
});

it('makes errors with a code, a hint and the facts, and knows their class again', () => {
  const error = cloudError('RunInstances', sdkError('VcpuLimitExceeded'));
  expect(error).toMatchObject({
    code: 'QUOTA',
    message: 'AWS refused "RunInstances" with VcpuLimitExceeded: VcpuLimitExceeded was said',
    details: { call: 'RunInstances', class: 'quota', awsCode: 'VcpuLimitExceeded', httpStatus: 400, requestId: 'r-1' },
  });
  expect(error.hint).toContain('Service Quotas');
  expect(classOf(error)).toBe('quota');
  expect(detailsOf(error)?.awsCode).toBe('VcpuLimitExceeded');
  expect(cloudError('Other', error)).toBe(error);
  expect(detailsOf(new MegalithError('USAGE', 'no'))).toBeUndefined();
});

it.each([
  ['UnauthorizedOperation', 'NO_CREDENTIALS', /megalith ec2 iam.*decode-authorization-message/],
  ['ExpiredToken', 'NO_CREDENTIALS', /sign in again/],
  ['RequestExpired', 'NO_CREDENTIALS', /clock/],
  ['SignatureDoesNotMatch', 'NO_CREDENTIALS', /secret access key.*clock/],
  ['CredentialsProviderError', 'NO_CREDENTIALS', /aws sso login/],
  ['OptInRequired', 'NO_CREDENTIALS', /subscribe/],
  ['PendingVerification', 'QUOTA', /verifies the account/],
  ['InsufficientInstanceCapacity', 'NO_CAPACITY', /types/],
  ['RequestLimitExceeded', 'CLOUD_FAILED', /limited/],
  ['InternalError', 'CLOUD_FAILED', /health/],
  ['InvalidInstanceID.NotFound', 'NOT_FOUND', undefined],
] as const)('says what to do about %s', (awsCode, code, hint) => {
  const error = cloudError('RunInstances', sdkError(awsCode));
  expect(error.code).toBe(code);
  if (hint === undefined) expect(error.hint).toBeUndefined();
  else expect(error.hint).toMatch(hint);
});
