import { readdirSync } from 'node:fs';
import { unlessMissingSync } from '@megalith/agent';
import { type AuditHead, auditFolder, headPath, readHead } from './audit-files.js';
import { type ChainEnd, checkLine, genesis } from './audit-line.js';
import { auditLines, type Lines } from './audit-lines.js';

export interface VerifyOptions {
  /** A hash that was noted earlier, elsewhere: the log must have the entry that it belongs to. */
  readonly knownHash?: string;
  readonly signal?: AbortSignal;
}

export interface AuditProblem {
  readonly file: string;
  /** Counted from 1; unset where it is not about a line. */
  readonly line?: number;
  /** As the end of a sentence that begins with the file and the line. */
  readonly what: string;
}

export interface AuditVerdict {
  readonly ok: boolean;
  /** Entries that follow from each other, from the first on. */
  readonly entries: number;
  /** The hash of the last of them. Who notes it elsewhere can tell later that nothing before it was rewritten. */
  readonly head: string;
  readonly firstProblem?: AuditProblem;
  /** Of a line that is being written, or whose writer died: the next entry cuts it off and says so. */
  readonly unfinishedBytes?: number;
  /** The entry that has `knownHash`. */
  readonly knownEntry?: number;
}

/**
 * Reads the whole log and checks that every entry follows from the one before: finds lines that were changed, removed, added or put in another
 * order, and a log whose end was cut off. It can't see where somebody wrote log and head anew from some entry on; `knownHash` can.
 * Memory does not grow with the log. A log that was never written is fine.
 */
export async function verifyAudit(home: string, { knownHash, signal }: VerifyOptions = {}): Promise<AuditVerdict> {
  const folder = auditFolder(home);
  const head = readHead(folder);
  const path = headPath(folder);
  const check = new ChainCheck(head === 'damaged' ? undefined : head, path, knownHash);
  const segments = head === undefined || head === 'damaged' ? segmentsIn(folder) : head.segment;
  for await (const lines of auditLines(folder, segments)) {
    signal?.throwIfAborted();
    if (!check.read(lines)) break;
  }
  if (head === 'damaged') check.blame({ file: path, what: 'holds no head of a log' });
  return check.verdict();
}

class ChainCheck {
  readonly #head: AuditHead | undefined;
  readonly #headPath: string;
  readonly #knownHash: string | undefined;
  #end: ChainEnd = { seq: 0, hash: genesis };
  #problem: AuditProblem | undefined;
  #knownEntry: number | undefined;
  #unfinishedBytes = 0;

  constructor(head: AuditHead | undefined, path: string, knownHash: string | undefined) {
    this.#head = head;
    this.#headPath = path;
    this.#knownHash = knownHash;
  }

  /** False where the rest needs no reading. */
  read({ path, first, lines, rest, isNewest }: Lines): boolean {
    for (const [i, line] of lines.entries()) {
      const verdict = checkLine(line, this.#end);
      if ('what' in verdict) return this.blame({ file: path, line: first + i, what: verdict.what });
      this.#end = { seq: this.#end.seq + 1, hash: verdict.hash };
      if (verdict.hash === this.#knownHash) this.#knownEntry = this.#end.seq;
      if (this.#end.seq === this.#head?.seq && verdict.hash !== this.#head.hash)
        return this.blame({ file: path, line: first + i, what: `is not entry ${this.#end.seq} as the head has it` });
    }
    if (rest === undefined || rest.length === 0) return true;
    const isBehindHead = isNewest && this.#end.seq >= (this.#head?.seq ?? Number.POSITIVE_INFINITY);
    if (!isBehindHead) return this.blame({ file: path, line: first, what: 'is not a whole line' });
    this.#unfinishedBytes = rest.length;
    return true;
  }

  /** The first counts. */
  blame(problem: AuditProblem): false {
    this.#problem ??= problem;
    return false;
  }

  verdict(): AuditVerdict {
    const { seq, hash } = this.#end;
    if (this.#head === undefined && seq > 0) this.blame({ file: this.#headPath, what: 'is missing' });
    if (this.#head !== undefined && seq < this.#head.seq) {
      const what = `has ${this.#head.seq} as the number of entries: the last ${this.#head.seq - seq} are missing`;
      this.blame({ file: this.#headPath, what });
    }
    if (this.#knownHash !== undefined && this.#knownHash !== genesis && this.#knownEntry === undefined) {
      this.blame({ file: this.#headPath, what: `does not go back to ${this.#knownHash}: the log was written anew` });
    }
    return {
      ok: this.#problem === undefined,
      entries: seq,
      head: hash,
      ...(this.#problem === undefined ? {} : { firstProblem: this.#problem }),
      ...(this.#unfinishedBytes === 0 ? {} : { unfinishedBytes: this.#unfinishedBytes }),
      ...(this.#knownEntry === undefined ? {} : { knownEntry: this.#knownEntry }),
    };
  }
}

/** As far as the names of the files tell. */
function segmentsIn(folder: string): number {
  const names = unlessMissingSync(() => readdirSync(folder));
  if (names === undefined) return 0;
  return Math.max(0, ...names.map(name => Number(/^log\.(\d+)\.ndjson$/.exec(name)?.[1] ?? 0))) + 1;
}
