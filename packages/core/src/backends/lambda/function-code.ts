import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { MegalithError } from '@megalith/agent';

/** What functions run. */
export interface FunctionCode {
  /** SHA-256 of the files, hex. */
  readonly hash: string;
  /** As AWS calls what it runs: file and export. */
  readonly handler: string;
  /** Made when first asked for. The same files give the same bytes. */
  zip(): Promise<Uint8Array>;
}

/** The entrance, and the agent that it starts slots with. */
const files = ['agent.mjs', 'lambda.mjs'] as const;
const handler = 'lambda.handler';
/** Of all files in the archive: it has no time zone, and is the first that the format knows but for one day. */
const noDate = new Date(1980, 0, 2);

/** The agent of this installation, as a function has it. @throws MegalithError CLOUD_FAILED where a file is missing */
export async function readFunctionCode(): Promise<FunctionCode> {
  const { resolve } = createRequire(import.meta.url);
  const contents = await Promise.all(files.map(file => contentOf(resolve(`@megalith/agent/${file}`))));
  return functionCode(Object.fromEntries(files.map((file, i) => [file, contents[i]!])));
}

/** @param contents by the name in the archive */
export function functionCode(contents: Readonly<Record<string, Uint8Array>>): FunctionCode {
  const names = Object.keys(contents).sort();
  const hash = createHash('sha256');
  for (const name of names) hash.update(`${name}\0${contents[name]!.length}\0`).update(contents[name]!);
  let zipped: Promise<Uint8Array> | undefined;
  return {
    hash: hash.digest('hex'),
    handler,
    zip() {
      zipped ??= zipOf(names, contents);
      return zipped;
    },
  };
}

async function zipOf(names: readonly string[], contents: Readonly<Record<string, Uint8Array>>): Promise<Uint8Array> {
  const { zipSync } = await import('fflate');
  // Readable for all: AWS runs functions as a user of its own. 3 stands for Unix.
  const attributes = { os: 3, attrs: 0o100644 << 16, mtime: noDate, level: 9 } as const;
  return zipSync(Object.fromEntries(names.map(name => [name, [contents[name]!, attributes]])));
}

async function contentOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new MegalithError('CLOUD_FAILED', `cannot read "${path}", which functions run`, {
      hint: 'install Megalith anew; in a checkout, run `pnpm build`',
      cause: error,
    });
  }
}
