import { type KeyTable, mostRecords, orderRecords, recordAt } from './order-records.js';

/** What a record takes beside its bytes: four numbers, and the word that it is sorted by. */
const tableBytes = 24;
const entryNumbers = 4;
/** Offsets are 32-bit integers. */
const mostBytes = 2 ** 30;
const leastBytes = 1024;

/**
 * Records in one piece of memory: their bytes grow from its beginning, their table from its end, and between them stays room for the words that they
 * are sorted by. Nothing is allocated for a record. A record is a key, and a value or none.
 */
export class RecordArena implements KeyTable {
  bytes: Buffer;
  /** Behind the last byte in use; whoever writes bytes moves it. */
  used = 0;
  count = 0;
  /** A buffer in the same memory, to which records are copied fast. */
  readonly beside: Buffer;
  #numbers: Uint32Array;

  /**
   * @param limitBytes for everything; more than 1 GiB is of no use
   * @param besideBytes for `beside`, in addition
   */
  constructor(limitBytes: number, besideBytes: number) {
    const wanted = Math.max(leastBytes, Math.min(mostBytes, limitBytes));
    const bytes = wanted - (wanted % 8);
    const memory = new ArrayBuffer(bytes + besideBytes);
    this.bytes = Buffer.from(memory, 0, bytes);
    this.#numbers = new Uint32Array(memory, 0, bytes / 4);
    this.beside = Buffer.from(memory, bytes);
  }

  /** Bytes that can be added, beside those of the table, together with one record more. */
  get room(): number {
    return this.bytes.length - this.used - (this.count + 1) * tableBytes - 8;
  }

  /** Whether a record more can be told of. */
  get hasRoom(): boolean {
    return this.room >= 0 && this.count < mostRecords;
  }

  keyStart(record: number): number {
    return this.#numbers[this.#numbers.length - entryNumbers * (record + 1)]!;
  }

  keyLength(record: number): number {
    return this.#numbers[this.#numbers.length - entryNumbers * (record + 1) + 1]!;
  }

  valueStart(record: number): number {
    return this.#numbers[this.#numbers.length - entryNumbers * (record + 1) + 2]!;
  }

  /** One more than the value's length: 0 where there is none. */
  valueMark(record: number): number {
    return this.#numbers[this.#numbers.length - entryNumbers * (record + 1) + 3]!;
  }

  /** Tells of a record whose bytes are there. */
  tell(keyStart: number, keyLength: number, valueStart: number, valueMark: number): void {
    const numbers = this.#numbers;
    const at = numbers.length - entryNumbers * (this.count + 1);
    numbers[at] = keyStart;
    numbers[at + 1] = keyLength;
    numbers[at + 2] = valueStart;
    numbers[at + 3] = valueMark;
    this.count += 1;
  }

  /** Calls `use` with the number of each record in the order of keys; those with equal keys in the order in which they came. */
  inOrder(use: (record: number) => void): void {
    const { count } = this;
    const words = new BigUint64Array(this.bytes.buffer, Math.ceil(this.used / 8) * 8, count);
    orderRecords(this, words);
    const halves = new Uint32Array(words.buffer, words.byteOffset, count * 2);
    for (let i = 0; i < count; i++) use(recordAt(halves, i));
  }

  /** Forgets all records. @param keepFrom bytes from there to the end of those in use move to the beginning */
  clear(keepFrom = this.used): void {
    this.bytes.copyWithin(0, keepFrom, this.used);
    this.used -= keepFrom;
    this.count = 0;
  }

  /** For a single record that is larger than the limit. Only where no record is told of. */
  growTo(bytes: number): void {
    const memory = new ArrayBuffer(Math.ceil((bytes + 2 * tableBytes) / 8) * 8);
    const larger = Buffer.from(memory);
    this.bytes.copy(larger, 0, 0, this.used);
    this.bytes = larger;
    this.#numbers = new Uint32Array(memory);
  }
}
