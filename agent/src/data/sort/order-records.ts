/** Where records stand, as the sort sees them: bytes, and for each record where its key begins and how long it is. */
export interface KeyTable {
  readonly bytes: Uint8Array;
  keyStart(record: number): number;
  keyLength(record: number): number;
}

/** A word holds 40 bits of a key above the 24 of the record's number. */
const prefixBytes = 5;
const numberMask = 0xffffff;
/** What a word can number. */
export const mostRecords = numberMask;
/** Up to here insertion is faster than a call of the sort of typed arrays. */
const fewRecords = 12;

/**
 * Sorts records by the bytes of their keys, as `LC_ALL=C sort` does; equal keys stay in the order of their numbers.
 *
 * Each record is one 64-bit word: five bytes of its key and its number. Words are sorted by V8's own sort of typed arrays, without a call of
 * JavaScript; records whose five bytes are equal are then sorted among themselves by the next ones, behind what they all have in common.
 * @param words room for one a record; holds them in order when this returns: `recordAt` gives their numbers
 */
export function orderRecords(table: KeyTable, words: BigUint64Array): void {
  const { bytes } = table;
  const halves = new Uint32Array(words.buffer, words.byteOffset, words.length * 2);
  for (let i = 0; i < words.length; i++) halves[2 * i] = i;
  // Ranges of words that are equal so far: their first, the one behind their last, and the bytes in which they are equal.
  const open: number[] = [0, words.length, 0];
  while (open.length > 0) {
    const equal = open.pop()!;
    const end = open.pop()!;
    const start = open.pop()!;
    if (end - start <= fewRecords) {
      insert(table, halves, start, end, equal);
      continue;
    }
    const { depth, longest } = commonBytes(table, halves, start, end, equal);
    if (longest <= depth) {
      // Padded with zeros they are the same: a shorter one is a beginning of a longer one.
      for (let i = start; i < end; i++) halves[2 * i + 1] = table.keyLength(halves[2 * i]! & numberMask);
      for (let i = start; i < end; i++) halves[2 * i] = halves[2 * i]! & numberMask;
      words.subarray(start, end).sort();
      continue;
    }
    for (let i = start; i < end; i++) {
      const record = halves[2 * i]! & numberMask;
      const left = table.keyLength(record) - depth;
      const at = table.keyStart(record) + depth;
      if (left >= prefixBytes) {
        halves[2 * i + 1] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
        halves[2 * i] = (bytes[at + 4]! << 24) | record;
      } else {
        let high = 0;
        for (let k = 0; k < 4; k++) high = (high << 8) | (k < left ? bytes[at + k]! : 0);
        halves[2 * i + 1] = high;
        halves[2 * i] = record;
      }
    }
    words.subarray(start, end).sort();
    for (let i = start; i < end; ) {
      const high = halves[2 * i + 1]!;
      const low = halves[2 * i]! >>> 24;
      let next = i + 1;
      while (next < end && halves[2 * next + 1] === high && halves[2 * next]! >>> 24 === low) next++;
      if (next - i > 1) open.push(i, next, depth + prefixBytes);
      i = next;
    }
  }
}

/** The number of the record that a sorted word stands for. */
export function recordAt(halves: Uint32Array, position: number): number {
  return halves[2 * position]! & numberMask;
}

/** How many bytes the keys of a range have in common, at least `equal`; and the length of the longest. */
function commonBytes(
  table: KeyTable,
  halves: Uint32Array,
  start: number,
  end: number,
  equal: number,
): { readonly depth: number; readonly longest: number } {
  const { bytes } = table;
  const first = halves[2 * start]! & numberMask;
  const firstStart = table.keyStart(first);
  let common = table.keyLength(first);
  let longest = common;
  for (let i = start + 1; i < end; i++) {
    const record = halves[2 * i]! & numberMask;
    const length = table.keyLength(record);
    if (length > longest) longest = length;
    if (common <= equal) continue;
    const at = table.keyStart(record);
    if (length < common) common = length;
    for (let k = equal; k < common; k++) {
      if (bytes[at + k] !== bytes[firstStart + k]) common = k;
    }
  }
  // Of those that ended already, only zeros are compared from here on.
  return { depth: Math.max(common, equal), longest };
}

function insert(table: KeyTable, halves: Uint32Array, start: number, end: number, equal: number): void {
  for (let i = start + 1; i < end; i++) {
    const word = halves[2 * i]!;
    let at = i;
    while (at > start && compareFrom(table, halves[2 * at - 2]! & numberMask, word & numberMask, equal) > 0) {
      halves[2 * at] = halves[2 * at - 2]!;
      at--;
    }
    halves[2 * at] = word;
  }
}

/** Of keys that are equal in their first bytes, where they have them; never 0 for two records. */
function compareFrom(table: KeyTable, a: number, b: number, equal: number): number {
  const { bytes } = table;
  const aLength = table.keyLength(a);
  const bLength = table.keyLength(b);
  const shorter = Math.min(aLength, bLength);
  const aStart = table.keyStart(a);
  const bStart = table.keyStart(b);
  for (let k = equal; k < shorter; k++) {
    const difference = bytes[aStart + k]! - bytes[bStart + k]!;
    if (difference !== 0) return difference;
  }
  return aLength - bLength || a - b;
}
