import { type SecretForm, secretForms } from './secret-forms.js';

/** Bytes with their secrets replaced, and how many at their end may be the beginning of another. */
export interface Replaced {
  /** Undefined where nothing was replaced. */
  readonly bytes: Buffer | undefined;
  readonly held: number;
}

/** An ending of a secret that is as long as this gives too much of it away. */
const shortestEnding = 4;

/** Finds the secrets of one job in bytes and texts: of those that begin first, the longest. */
export class SecretMatcher {
  readonly #forms: readonly SecretForm[];
  readonly #markers: ReadonlyMap<string, Buffer>;
  /** 1 for bytes with which a beginning of a form may end. */
  readonly #mayEnd = new Uint8Array(256);

  constructor(secrets: Readonly<Record<string, string>>) {
    this.#forms = secretForms(secrets);
    this.#markers = new Map(Object.keys(secrets).map(name => [name, Buffer.from(this.#markerFor(name))]));
    for (const { bytes } of this.#forms) for (const byte of bytes.subarray(0, -1)) this.#mayEnd[byte] = 1;
  }

  /** Whether there is anything to look for. */
  get isEmpty(): boolean {
    return this.#forms.length === 0;
  }

  isIn(bytes: Buffer): boolean {
    return this.#forms.some(form => bytes.includes(form.bytes));
  }

  /** How many bytes at the end may be the beginning of a secret. */
  held(bytes: Buffer): number {
    if (bytes.length === 0 || this.#mayEnd[bytes[bytes.length - 1]!] === 0) return 0;
    const start = this.#beginning(bytes, 0);
    return bytes.length - start;
  }

  /** @param isLast nothing follows: what looks like the beginning of a secret is none */
  replace(bytes: Buffer, isLast: boolean): Replaced {
    const parts: Buffer[] = [];
    const next = this.#forms.map(form => ({ form, at: bytes.indexOf(form.bytes) }));
    let from = 0;
    for (;;) {
      let first: { readonly form: SecretForm; readonly at: number } | undefined;
      for (const each of next) {
        if (each.at >= 0 && each.at < from) each.at = bytes.indexOf(each.form.bytes, from);
        // Forms are ordered by length, so that the longest of those that begin together is found first.
        if (each.at >= 0 && (first === undefined || each.at < first.at)) first = each;
      }
      const beginning = isLast ? bytes.length : this.#beginning(bytes, from);
      if (first === undefined || beginning <= first.at) {
        const held = bytes.length - beginning;
        if (parts.length === 0) return { bytes: undefined, held };
        parts.push(bytes.subarray(from, beginning));
        return { bytes: Buffer.concat(parts), held };
      }
      parts.push(bytes.subarray(from, first.at), this.#markers.get(first.form.name)!);
      from = first.at + first.form.bytes.length;
    }
  }

  text(text: string): string {
    if (!this.#forms.some(form => text.includes(form.text))) return text;
    return this.replace(Buffer.from(text), true).bytes?.toString() ?? text;
  }

  bytes(bytes: Uint8Array): Uint8Array {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const replaced = this.replace(buffer, true).bytes;
    if (replaced === undefined) return bytes;
    return Buffer.isBuffer(bytes) ? replaced : new Uint8Array(replaced);
  }

  /** A text whose beginning was cut off, maybe in the middle of a secret. */
  tail(text: string): string {
    let ending: { readonly name: string; readonly length: number } | undefined;
    for (const { name, text: form } of this.#forms) {
      for (let length = form.length - 1; length >= shortestEnding && length > (ending?.length ?? 0); length--) {
        if (text.startsWith(form.slice(-length))) ending = { name, length };
      }
    }
    if (ending === undefined) return this.text(text);
    return `${this.#markers.get(ending.name)!}${this.text(text.slice(ending.length))}`;
  }

  /** Where the first beginning of a form starts that the bytes end with; their length for none. */
  #beginning(bytes: Buffer, from: number): number {
    let earliest = bytes.length;
    for (const { bytes: form } of this.#forms) {
      let at = Math.max(from, bytes.length - form.length + 1);
      for (;;) {
        at = bytes.indexOf(form[0]!, at);
        if (at < 0 || at >= earliest) break;
        if (bytes.compare(form, 0, bytes.length - at, at) === 0) {
          earliest = at;
          break;
        }
        at += 1;
      }
    }
    return earliest;
  }

  /** What stands for a secret must not give one away itself, as `[secret A]` would where the password is `secret`. */
  #markerFor(name: string): string {
    const markers = [`[secret ${name}]`, '[secret]', '[hidden]', '***'];
    return markers.find(marker => !this.#forms.some(form => marker.includes(form.text))) ?? '';
  }
}
