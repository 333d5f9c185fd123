/**
 * What lets a task put objects under one prefix of a store, and nothing else, without the store's credentials. Secret until it expires: it is kept
 * out of logs, listings and errors.
 */
export type PutGrant =
  /** A folder of the machine where the task runs; only for tasks that run beside the client. */
  | { readonly type: 'folder'; readonly folder: string }
  /** S3's POST with a policy: the fields go before the file, with `key` set to `prefix` and a name. */
  | {
      readonly type: 'form';
      readonly url: string;
      readonly fields: Readonly<Record<string, string>>;
      readonly prefix: string;
      readonly largestBytes: number;
      /** Epoch milliseconds. */
      readonly expiresAt: number;
    }
  /** A PUT to `url`/NAME`?query` with the headers: Azure's signed containers. */
  | {
      readonly type: 'put';
      readonly url: string;
      readonly query: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly largestBytes: number;
      readonly expiresAt: number;
    };
