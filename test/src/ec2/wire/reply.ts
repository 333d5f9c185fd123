import type { ApiError } from './api-error.js';
import type { ApiRequest } from './request.js';
import { type XmlTree, xml } from './xml.js';

export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

const ec2Namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/';
const stsNamespace = 'https://sts.amazonaws.com/doc/2011-06-15/';

export function ec2Reply(action: string, requestId: string, result: XmlTree): Reply {
  const body = `<${action}Response xmlns="${ec2Namespace}">${xml({ requestId, ...result })}</${action}Response>`;
  return xmlReply(200, body);
}

export function stsReply(action: string, requestId: string, result: XmlTree): Reply {
  const parts = { [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } };
  return xmlReply(200, `<${action}Response xmlns="${stsNamespace}">${xml(parts)}</${action}Response>`);
}

export function jsonReply(status: number, body: unknown): Reply {
  return { status, contentType: 'application/x-amz-json-1.1', body: JSON.stringify(body) };
}

/** An error in the form of the service that was asked. */
export function errorReply(request: ApiRequest | undefined, requestId: string, error: ApiError): Reply {
  const { code, message, status } = error;
  if (request?.json !== undefined) return jsonReply(status, { __type: code, message });
  const said = { Code: code, Message: message };
  if (request?.service === 'sts') {
    const parts = { Error: { Type: 'Sender', ...said }, RequestId: requestId };
    return xmlReply(status, `<ErrorResponse xmlns="${stsNamespace}">${xml(parts)}</ErrorResponse>`);
  }
  return xmlReply(status, `<Response>${xml({ Errors: { Error: said }, RequestID: requestId })}</Response>`);
}

function xmlReply(status: number, element: string): Reply {
  return { status, contentType: 'text/xml;charset=UTF-8', body: `<?xml version="1.0" encoding="UTF-8"?>\n${element}` };
}
