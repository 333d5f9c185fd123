import { fieldsOf, isMegalithError, MegalithError } from '@megalith/agent';

/** What AWS's SDK, or the network below it, says of a failure. */
export interface S3Facts {
  readonly code: string;
  readonly status?: number;
  readonly requestId?: string;
  /** So often the SDK has asked. */
  readonly attempts: number;
}

export function s3Facts(error: unknown): S3Facts {
  const { $metadata, code, Code, name } = fieldsOf(error);
  const { httpStatusCode: status, requestId, attempts } = fieldsOf($metadata);
  const word = [code, Code, name].find(each => typeof each === 'string' && each !== '' && each !== 'Error');
  return {
    code: typeof word === 'string' ? word : 'UnknownError',
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof requestId === 'string' ? { requestId } : {}),
    attempts: typeof attempts === 'number' ? attempts : 1,
  };
}

const credentials = 'give credentials that the store knows: `aws sso login`, `aws configure`, or AWS_PROFILE';
const rights =
  'these credentials need s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket there; without the last, what is missing looks forbidden too';

const refused: Readonly<Record<string, string>> = {
  AccessDenied: rights,
  Forbidden: rights,
  AllAccessDisabled: rights,
  AccountProblem: 'the account has a problem: ask AWS',
  CredentialsProviderError: credentials,
  TokenProviderError: credentials,
  InvalidAccessKeyId: credentials,
  InvalidToken: credentials,
  ExpiredToken: 'the session is over: sign in again, for example with `aws sso login`',
  SignatureDoesNotMatch: 'check the secret access key',
  RequestTimeTooSkewed: "compare this computer's clock with the time",
};

const failed: Readonly<Record<string, string>> = {
  NoSuchBucket: 'make the bucket, or mend `url` of the store in the config',
  PermanentRedirect: "set `region` of the store in the config to the bucket's",
  AuthorizationHeaderMalformed: "set `region` of the store in the config to the bucket's",
  IllegalLocationConstraintException: "set `region` of the store in the config to the bucket's",
  SlowDown: 'the bucket is asked too often, whoever does it: try again later',
  ConditionalRequestConflict: 'something else writes the same key: try again',
};

/** The error that users see for one that a call to a store threw. Errors of ours pass as they are. */
export function s3Failure(what: string, place: string, error: unknown): MegalithError {
  if (isMegalithError(error)) return error;
  const { code, status, requestId } = s3Facts(error);
  const details = {
    storeCode: code,
    ...(status === undefined ? {} : { httpStatus: status }),
    ...(requestId === undefined ? {} : { requestId }),
  };
  const reason = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim();
  const isRefused = code in refused || status === 403 || status === 401;
  const said = code === reason || reason === '' ? code : `${code}: ${reason}`;
  if (isRefused) {
    const hint = refused[code] ?? rights;
    return new MegalithError('NO_CREDENTIALS', `${place} refused ${what}: ${said}`, { hint, details, cause: error });
  }
  if (/Region is missing/.test(reason)) {
    const hint = 'set `region` of the store in the config, or AWS_REGION';
    return new MegalithError('CONFIG', `the region of ${place} is not known`, { hint, details, cause: error });
  }
  const hint = failed[code] ?? `see whether ${place} can be reached from here, and try again`;
  return new MegalithError('STORE_FAILED', `${place} failed ${what}: ${said}`, { hint, details, cause: error });
}
