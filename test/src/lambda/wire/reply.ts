import type { LambdaError } from './lambda-error.js';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export function jsonReply(status: number, body: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

export function emptyReply(status: number): Reply {
  return { status, headers: {}, body: '' };
}

export function errorReply({ code, message, status, fields, headers }: LambdaError): Reply {
  const type = status >= 500 ? 'Service' : 'User';
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': code, ...headers },
    body: JSON.stringify({ Type: type, ...fields, message, Message: message }),
  };
}
