/** What the API answers in place of a result. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;

  /** @param status HTTP. @defaultValue what AWS sends with `code`, else 400 */
  constructor(code: string, message: string, status = statusOf[code] ?? 400) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
  }
}

/** From "Error codes for the Amazon EC2 API": server errors, and client errors that are not 400. */
const statusOf: Readonly<Record<string, number>> = {
  AuthFailure: 401,
  Blocked: 403,
  DryRunOperation: 412,
  OptInRequired: 403,
  UnauthorizedOperation: 403,
  InsufficientInstanceCapacity: 500,
  InternalError: 500,
  InternalFailure: 500,
  RequestLimitExceeded: 503,
  ServerInternal: 500,
  ServiceUnavailable: 503,
  Unavailable: 503,
};
