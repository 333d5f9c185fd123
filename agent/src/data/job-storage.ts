import type { Label } from '../protocol/label.js';
import type { PutGrant } from './put-grant.js';

/** Where the tasks of a job put objects, and what lets them: made once for the job, by its client. */
export interface JobStorage {
  /** Secret until it expires. A job that outlives its client has it in its folder on the machine, which only its user can read. */
  readonly grant: PutGrant;
  /** URL of the store, without credentials. */
  readonly store: string;
  /** What keys begin with in that store, with a slash at its end. */
  readonly prefix: string;
  /** What is put has this label. */
  readonly label: Label;
}
