import type { MegalithError } from '@megalith/agent';
import { cloudError } from './cloud-error.js';

/** What a call throws once AWS refused it with this code. */
export function awsRefusal(call: string, code: string): MegalithError {
  return cloudError(
    call,
    Object.assign(new Error(`refused with ${code}`), { name: code, $metadata: { httpStatusCode: 400 } }),
  );
}
