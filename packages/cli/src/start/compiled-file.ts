import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

type ModuleFunction = (exports: object, require: NodeJS.Require, module: object, file: string, folder: string) => void;

const loaded = new Map<string, { exports: object }>();

/**
 * Loads a CommonJS file like `require`, but keeps what V8 compiled of it beside it, so that the next start need not parse it
 * again: of 1.5 MB that takes 45 ms. Files beside it that it requires are loaded alike. The text must be ASCII, and begin with a comment that no other content has (its hash): V8
 * itself looks at the length alone.
 */
export function requireCompiled(file: string): unknown {
  const known = loaded.get(file);
  if (known !== undefined) return known.exports;
  const text = readFileSync(file, 'latin1');
  const stamp = Buffer.from(text.slice(0, text.indexOf('\n')), 'latin1');
  // Each Node has its own; what V8 finds made by another V8, or with other options, it leaves alone.
  const path = `${file}.${process.version}-${process.arch}`;
  const cachedData = compiled(path, stamp);
  const script = new Script(`(function (exports, require, module, __filename, __dirname) { ${text}\n})`, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  // At the end, when it holds the functions that were called.
  if (cachedData === undefined) process.once('exit', () => keep(path, stamp, script));
  const module = { exports: {} };
  loaded.set(file, module);
  const run = script.runInThisContext() as ModuleFunction;
  const folder = dirname(file);
  const outside = createRequire(file);
  const require = (name: string): unknown =>
    name.startsWith('./') ? requireCompiled(join(folder, name)) : outside(name);
  run(module.exports, Object.assign(require, outside), module, file, folder);
  return module.exports;
}

function compiled(path: string, stamp: Buffer): Buffer | undefined {
  let kept: Buffer;
  try {
    kept = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return kept.subarray(0, stamp.length).equals(stamp) ? kept.subarray(stamp.length) : undefined;
}

function keep(path: string, stamp: Buffer, script: Script): void {
  const draft = `${path}.${process.pid}`;
  try {
    // Opened first: where it can't be, nothing is compiled for it.
    const file = openSync(draft, 'wx');
    try {
      writeFileSync(file, Buffer.concat([stamp, script.createCachedData()]));
      // V8 believes what it reads: it must be whole before it has its name.
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } catch (error) {
    // A folder of others, a full disk: no reason for a command to fail. The next start takes longer.
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    rmSync(draft, { force: true });
  }
}
