/**
 * What one frame of a file transfer holds. A frame is a u32 length of the payload, a u8 type and the payload; all
 * numbers are little endian. The side that has the files is the sender, whichever side is the client.
 */
export const filesFrame = {
  /** Client: what is to be done (`files-request.ts`). */
  request: 1,
  /** Sender: entries of the trees, in the order of a walk (`entry.ts`). */
  entries: 2,
  /** Sender: no more entries will come. */
  listed: 3,
  /** Receiver: one byte for each of the next entries (`decision`). */
  decisions: 4,
  /** Sender: u32 index, the SHA-256 of the file. */
  digest: 5,
  /** Receiver: u32 index, u8 1 where the digest differs and the file is wanted. */
  verdict: 6,
  /** Sender: u32 index, u16 mode, f64 mtime, and the whole file. */
  small: 7,
  /** Sender: u32 index, u16 mode, f64 mtime, f64 size; pieces follow. */
  begin: 8,
  /** Sender: the next bytes of the file begun. */
  data: 9,
  /** Sender: f64 count of zero bytes that need no room. */
  hole: 10,
  /** Sender: u8 1 where the file is whole, 0 where it changed meanwhile and is forgotten. */
  end: 11,
  /** Sender: all that was wanted is sent. */
  done: 12,
  /** Receiver: all is in place. JSON of a `FileReport`. */
  report: 13,
  /** Either: why it stops (`failure-message.ts`). */
  failed: 14,
  /** Either: I am still here. */
  alive: 15,
} as const;
export type FilesFrameType = (typeof filesFrame)[keyof typeof filesFrame];

/** What the receiver makes of an entry. */
export const decision = {
  /** It has it, or needs no more than the entry. */
  settled: 0,
  /** It wants the bytes. */
  wanted: 1,
  /** It has a file of that size with another time: let the digests tell. */
  compare: 2,
} as const;

export const frameHeadLength = 5;
/** Longer frames are refused, so that a peer can't make us reserve what it likes. */
export const maxFrameBytes = 2 * 1024 * 1024;
/** Before the bytes in a `small` frame. */
export const smallHeadLength = 14;
/** Entries that may be listed and not yet dealt with: bounds the memory of both sides however large the tree is. */
export const entryWindow = 16_384;

/** What a transfer did. */
export interface FileReport {
  /** Files whose bytes travelled. */
  readonly files: number;
  /** The sizes of those files together, bytes. */
  readonly bytes: number;
  /** Files that were there already. */
  readonly skipped: number;
}
