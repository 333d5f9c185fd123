import { type Failure, MegalithError } from '@megalith/agent';

/** Why a job as a whole failed, as an error of this side. */
export function failureError({ code, message, hint, details }: Failure): MegalithError {
  return new MegalithError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  });
}
