import type { Label } from '../protocol/label.js';

/**
 * A pointer to an object in a store, that tasks give and take instead of what it points to. Plain data; `context.storage` and `executor.storage`
 * make and read it.
 */
export interface CloudObject {
  readonly megalith: 'object';
  /** URL of its store, without credentials: `s3://bucket/prefix`, `file:///folder`. */
  readonly store: string;
  readonly key: string;
  readonly etag: string;
  readonly bytes: number;
  /** What the bytes are: as they were given, or a value that was encoded. */
  readonly content: 'bytes' | 'value';
  readonly label?: Label;
  /** With which a task reads it: given by the client to the task that it sends the pointer to, and to nobody else. */
  readonly readUrl?: string;
}
