import type { Label, PartSource } from '@megalith/agent';

/** An object that is to be cut into parts, wherever it is. */
export interface FoundObject {
  /** As people know it: `s3://bucket/key`, `/data/x.csv`. */
  readonly name: string;
  /** Undefined where its server does not say. */
  readonly bytes: number | undefined;
  /** See `DataPart`. */
  readonly version: string | undefined;
  readonly label: Label | undefined;
  /** How a task gets at it; made when a part is taken, since a signed URL does not last. */
  source(): Promise<PartSource>;
}

/** What one entry of a source leads to. */
export interface FoundEntry {
  /** At least one. */
  readonly objects: AsyncIterable<FoundObject>;
  /** Of the most sensitive object that may be among them, and where that is known from; undefined where nobody says anything. */
  readonly label: { readonly label: Label; readonly from: string } | undefined;
  /** Tasks read them as files of this machine. */
  readonly areFiles: boolean;
}
