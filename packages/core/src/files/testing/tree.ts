import {
  chmodSync,
  closeSync,
  ftruncateSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import fc from 'fast-check';

/** A tree as a test describes it. Names are bytes. */
export type Tree =
  | { readonly kind: 'file'; readonly bytes: Uint8Array; readonly mode: number; readonly mtimeUs: number }
  | { readonly kind: 'sparse'; readonly size: number; readonly islands: readonly number[] }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'folder'; readonly mode: number; readonly entries: readonly { name: Buffer; tree: Tree }[] };

const nameByte = fc.integer({ min: 1, max: 255 }).filter(byte => byte !== 0x2f);
const name = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 12 }).map(bytes => Buffer.from(bytes)),
  fc.array(nameByte, { minLength: 1, maxLength: 6 }).map(bytes => Buffer.from(bytes)),
  fc.constantFrom(
    Buffer.alloc(255, 'n'),
    Buffer.from(' '),
    Buffer.from('-rf'),
    Buffer.from('...'),
    Buffer.from('a\nb'),
  ),
);
const goodName = name.filter(
  bytes => !bytes.includes(0) && !bytes.includes(0x2f) && !/^\.\.?$/.test(bytes.toString('latin1')),
);

const leaf: fc.Arbitrary<Tree> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('file' as const),
      bytes: fc.oneof(
        fc.uint8Array({ maxLength: 2_000 }),
        fc.integer({ min: 200_000, max: 1_500_000 }).map(size => new Uint8Array(size).fill(size % 251)),
      ),
      mode: fc.constantFrom(0o600, 0o644, 0o755, 0o444, 0o777),
      mtimeUs: fc.integer({ min: 0, max: 2_000_000_000 }).chain(s => fc.nat(999_999).map(us => s * 1_000_000 + us)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('sparse' as const),
      size: fc.integer({ min: 1, max: 6_000_000 }),
      islands: fc.array(fc.nat(5_999_000), { maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('link' as const),
      target: fc.constantFrom('a', '../../../etc/passwd', '/etc', '.', 'ü', 'x'.repeat(3_000)),
    }),
  },
);

/** Any folder of files, holes, links and folders. */
export const anyFolder: fc.Arbitrary<Tree> = fc.letrec<{ folder: Tree; node: Tree }>(tie => ({
  node: fc.oneof({ maxDepth: 3 }, leaf, tie('folder')),
  folder: fc.record({
    kind: fc.constant('folder' as const),
    mode: fc.constantFrom(0o700, 0o755, 0o555, 0o500),
    entries: fc.uniqueArray(fc.record({ name: goodName, tree: tie('node') }), {
      maxLength: 6,
      selector: entry => entry.name.toString('hex'),
    }),
  }),
})).folder;

const inside = (path: Buffer, entry: Buffer) => Buffer.concat([path, Buffer.from('/'), entry]);

export function plant(tree: Tree, path: Buffer): void {
  switch (tree.kind) {
    case 'file':
      writeFileSync(path, tree.bytes);
      chmodSync(path, tree.mode);
      lutimesSync(path, tree.mtimeUs / 1e6, tree.mtimeUs / 1e6);
      return;
    case 'sparse': {
      const descriptor = openSync(path, 'w');
      ftruncateSync(descriptor, tree.size);
      for (const at of tree.islands.filter(each => each < tree.size)) writeSync(descriptor, 'x', at);
      closeSync(descriptor);
      return;
    }
    case 'link':
      symlinkSync(tree.target, path);
      return;
    case 'folder':
      mkdirSync(path);
      for (const entry of tree.entries) plant(entry.tree, inside(path, entry.name));
      chmodSync(path, tree.mode);
  }
}

/** Everything that a copy has to agree in, as lines; the top's own permissions aside. */
export function described(path: Buffer | string, way = '', top = true): string[] {
  const here = Buffer.from(path);
  const stats = lstatSync(here);
  const about = top ? way : `${way} ${(stats.mode & 0o7777).toString(8)}`;
  if (stats.isSymbolicLink()) return [`${way} -> ${readlinkSync(here)}`];
  if (stats.isFile()) {
    const hash = readFileSync(here).toString('latin1');
    // Small holes, and what is beside an island in its 64 KiB, may be filled.
    const holes = stats.size > 1_048_576 && stats.blocks * 512 < stats.size / 2 ? 'sparse' : 'dense';
    return [`${about} ${stats.size} ${holes} ${Math.floor(stats.mtimeMs)} ${hash.length} ${crude(hash)}`];
  }
  const names = readdirSync(here, 'buffer').sort(Buffer.compare);
  return [about, ...names.flatMap(each => described(inside(here, each), `${way}/${each.toString('hex')}`, false))];
}

function crude(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at++) sum = (Math.imul(sum, 31) + text.charCodeAt(at)) | 0;
  return sum;
}
