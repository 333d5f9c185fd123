/**
 * What travels in a call of a function-as-a-service. A call is a connection that is over with its answer: the request holds the frames that a client
 * sends on a connection (one `submit`, shared inputs, tasks, `end`), the reply those that a job host sends back (records, then `jobEnded` or
 * `jobFailed`). Credit has no meaning here, and the job's `cwd` none either: tasks run in a folder of the sandbox that is empty at first.
 */

/** Bytes in JSON: as base64, compressed by gzip where that makes them fewer. */
export interface PackedBytes {
  readonly base64: string;
  readonly gzip?: true;
}

export interface LambdaRequest {
  /** The client's `protocolVersion`. */
  readonly megalith: number;
  /** The frames, or a presigned URL to read them from, as they are. */
  readonly frames: PackedBytes | { readonly get: string };
  /** A presigned URL to read the first frames from, as they are, which are the same in many calls of a job; `frames` follow them. */
  readonly prelude?: { readonly get: string };
  /** A presigned URL of the text of the bundle with this hash, which the job's spec then has as an empty string: each sandbox fetches it once. */
  readonly code?: { readonly hash: string; readonly get: string };
  /** A presigned URL that takes the reply's frames, as they are, where they are too large for the answer. */
  readonly put?: string;
}

export interface LambdaReply {
  readonly megalith: number;
  /** The frames; or that they are where `put` is, or, without it, how many bytes they would have. */
  readonly frames: PackedBytes | { readonly put: true } | { readonly tooLarge: number };
  /** Indexes of tasks that have not begun: time or memory of this call ran short. They may go to another call as the same attempt. */
  readonly returned?: readonly number[];
  readonly sandbox: {
    /** Random, from the sandbox's first call on. */
    readonly id: string;
    /** So many calls it had before. */
    readonly calls: number;
    /** Epoch milliseconds. */
    readonly startedAt: number;
    readonly memoryMib: number;
  };
}
