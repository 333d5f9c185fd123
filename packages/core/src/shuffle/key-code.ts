import { MegalithError } from '@megalith/agent';
import { inShort } from '../executor/task-error.js';

/** What records can be grouped by. Two keys are one where `Object.is` says so, but for 0 and -0, or where they are lists or bytes with the same content. */
export type GroupKey = string | number | bigint | boolean | null | Uint8Array | readonly GroupKey[];

/*
 * Equal keys have equal bytes, and others have not: a tag, and then what only one value has. Numbers are before text, and each kind in its own order.
 */
const tag = {
  null: 0x10,
  false: 0x20,
  true: 0x21,
  number: 0x30,
  negativeBig: 0x40,
  big: 0x41,
  text: 0x50,
  wideText: 0x51,
  bytes: 0x60,
  list: 0x70,
} as const;

/** @throws MegalithError USAGE for what cannot be a key */
export function encodeKey(key: unknown): Buffer {
  switch (typeof key) {
    case 'string':
      // Lone surrogates would all become the same in UTF-8.
      return key.isWellFormed()
        ? tagged(tag.text, Buffer.from(key))
        : tagged(tag.wideText, Buffer.from(key, 'utf16le'));
    case 'number':
      return tagged(tag.number, orderedNumber(key));
    case 'boolean':
      return Buffer.from([key ? tag.true : tag.false]);
    case 'bigint':
      return tagged(key < 0n ? tag.negativeBig : tag.big, Buffer.from((key < 0n ? -key : key).toString(16)));
    case 'object':
      if (key === null) return Buffer.from([tag.null]);
      if (key instanceof Uint8Array) return tagged(tag.bytes, key);
      if (Array.isArray(key)) return tagged(tag.list, Buffer.concat(key.flatMap(each => withLength(encodeKey(each)))));
  }
  throw new MegalithError('USAGE', `${inShort(key)} cannot be a key`, {
    hint: 'group by text, a number, a bigint, a boolean, null, bytes, or a list of these',
  });
}

/** The key that has these bytes. */
export function decodeKey(bytes: Buffer): GroupKey {
  const rest = bytes.subarray(1);
  switch (bytes[0]) {
    case tag.null:
      return null;
    case tag.false:
      return false;
    case tag.true:
      return true;
    case tag.number:
      return numberFrom(rest);
    case tag.negativeBig:
      return -BigInt(`0x${rest.toString()}`);
    case tag.big:
      return BigInt(`0x${rest.toString()}`);
    case tag.text:
      return rest.toString();
    case tag.wideText:
      return rest.toString('utf16le');
    case tag.bytes:
      return new Uint8Array(rest);
    default: {
      const list: GroupKey[] = [];
      for (let at = 0; at < rest.length; ) {
        const end = at + 4 + rest.readUInt32BE(at);
        list.push(decodeKey(rest.subarray(at + 4, end)));
        at = end;
      }
      return list;
    }
  }
}

/** As bytes whose order is that of the numbers; NaN is above all. */
function orderedNumber(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  // -0 is 0, and every NaN the same.
  bytes.writeDoubleBE(Number.isNaN(value) ? Number.NaN : value + 0);
  if (bytes[0]! < 0x80) bytes[0]! |= 0x80;
  else for (let i = 0; i < 8; i++) bytes[i] = ~bytes[i]!;
  return bytes;
}

function numberFrom(ordered: Buffer): number {
  const bytes = Buffer.from(ordered);
  if (bytes[0]! >= 0x80) bytes[0]! &= 0x7f;
  else for (let i = 0; i < 8; i++) bytes[i] = ~bytes[i]!;
  return bytes.readDoubleBE();
}

function tagged(kind: number, content: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(content.length + 1);
  bytes[0] = kind;
  bytes.set(content, 1);
  return bytes;
}

function withLength(bytes: Buffer): Buffer[] {
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}
