import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parsedJson, unlessMissing, writeFileAtomically } from '@megalith/agent';
import { joinScarce, type ScarceMemory, scarceSchema } from './scarce.js';

/** What is scarce in a region, shared by all processes of a home. It is only a help: a file that can't be read is as good as an empty one. */
export class ScarceFile {
  readonly #path: string;

  constructor(home: string, region: string) {
    this.#path = join(home, 'cloud', `scarce-${region}.json`);
  }

  async read(): Promise<ScarceMemory> {
    const text = await unlessMissing(readFile(this.#path, 'utf8'));
    return (text === undefined ? undefined : scarceSchema.safeParse(parsedJson(text)).data) ?? {};
  }

  /** Adds to what other processes wrote meanwhile. */
  async add(memory: ScarceMemory): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    await writeFileAtomically(this.#path, JSON.stringify(joinScarce(await this.read(), memory)));
  }
}
