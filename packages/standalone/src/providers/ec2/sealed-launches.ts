import { join } from 'node:path';
import * as z from 'zod';
import { RecordFolder } from '../../pool/record-folder.js';

/** All that was asked of EC2 in one try, kept until a machine has come of it: whoever repeats the try must say the same, to the letter. */
export interface SealedLaunch {
  readonly formatVersion: 1;
  /** The try's client token. */
  readonly id: string;
  readonly call: 'CreateFleet' | 'RunInstances';
  /** A fleet's launch template. */
  readonly template?: Readonly<Record<string, unknown>>;
  readonly input: Readonly<Record<string, unknown>>;
  /** The fingerprint of the host key that it brings. */
  readonly hostKey: string;
  /** What may come of it, for what EC2 says of an override. */
  readonly types: readonly string[];
}

const plain = z.record(z.string(), z.unknown());
const sealedLaunch = z.object({
  formatVersion: z.literal(1),
  id: z.string().min(1),
  call: z.enum(['CreateFleet', 'RunInstances']),
  template: z.exactOptional(plain),
  input: plain,
  hostKey: z.string().startsWith('SHA256:'),
  types: z.array(z.string()),
});

/** The sealed launches of this client, `cloud/launches/TOKEN.json` below its home. They hold a machine's first host key: 0600, and gone soon. */
export function sealedLaunches(home: string): RecordFolder<SealedLaunch> {
  return new RecordFolder(join(home, 'cloud', 'launches'), sealedLaunch);
}
