import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished, pipeline } from 'node:stream/promises';
import type { BenchCase } from '../../bench.js';
import { megalithMs } from '../cli.js';
import { type BenchHosts, benchHosts } from './bench-hosts.js';
import { cipher, scpMs, shellMs, sshWords, withoutOpenSsh } from './open-ssh.js';

const gibibyte = 2 ** 30;
const mebibyte = 2 ** 20;
const folders = 100;
const filesInFolder = 100;

interface Case {
  readonly name: string;
  readonly peerName: string;
  /** Gives the flags and the command of `megalith run`, where the way back asks for its own. */
  readonly words: (hosts: BenchHosts) => Promise<readonly string[]>;
  readonly peer: (hosts: BenchHosts) => Promise<number>;
  /** Throws where what arrived is not what was sent. */
  readonly check?: (hosts: BenchHosts) => Promise<void>;
}

const gib: Case = {
  name: '1 GiB to the host',
  peerName: `scp -c ${cipher}`,
  words: async hosts => ['--input', `${await gibFile(hosts)}:gib`, '--', 'true'],
  peer: async hosts => scpMs(hosts.warm, await gibFile(hosts), `host:${hosts.warm.home}/copy`),
};

const gibBack: Case = {
  name: '1 GiB from the host',
  peerName: `scp -c ${cipher}`,
  words: async hosts => ['--output', `gib:${back(hosts)}`, '--shell', `ln ${await gibOnHost(hosts)} gib`],
  peer: async hosts => scpMs(hosts.warm, `host:${await gibOnHost(hosts)}`, back(hosts)),
  check: async hosts => {
    const [here, there] = await Promise.all([digest(await gibFile(hosts)), digest(back(hosts))]);
    if (here !== there) throw new Error('what came back is not what was there');
  },
};

const small: Case = {
  name: '10,000 files of 4 KiB to the host',
  peerName: `tar | ssh -c ${cipher} tar`,
  words: async hosts => ['--input', `${await smallFiles(hosts)}:small`, '--', 'true'],
  peer: async hosts => {
    const there = `${hosts.warm.home}/copy`;
    const from = await smallFiles(hosts);
    return shellMs(`tar -cf - -C ${from} . | ${sshWords(hosts.warm)} 'mkdir ${there} && tar -xf - -C ${there}'`);
  },
};

const smallBack: Case = {
  name: '10,000 files of 4 KiB from the host',
  peerName: `ssh -c ${cipher} tar | tar`,
  words: async hosts => ['--output', `small:${back(hosts)}`, '--shell', `cp -rl ${await smallOnHost(hosts)} small`],
  peer: async hosts => {
    await mkdir(back(hosts));
    const from = await smallOnHost(hosts);
    return shellMs(`${sshWords(hosts.warm)} 'tar -cf - -C ${from} .' | tar -xf - -C ${back(hosts)}`);
  },
  check: async hosts => {
    const paths = await readdir(back(hosts), { recursive: true });
    if (paths.length !== folders + folders * filesInFolder) throw new Error(`${paths.length} things came back`);
  },
};

/** A job that only brings files: the whole command against a whole copy. Both sides have the file in memory. */
export const files: readonly BenchCase[] = [
  ...[gib, gibBack, small, smallBack].map(each => benchCase(each, true)),
  benchCase(gib, false),
  benchCase(gibBack, false),
];

function benchCase({ name, peerName, words, peer, check }: Case, native: boolean): BenchCase {
  const measured = async (measure: (hosts: BenchHosts) => Promise<number>): Promise<number> => {
    const hosts = await benchHosts();
    try {
      const tookMs = await measure(hosts);
      await check?.(hosts);
      return tookMs;
    } finally {
      await rm(back(hosts), { recursive: true, force: true });
      await hosts.warm.exec('rm -rf copy .megalith/jobs/*/files');
    }
  };
  return {
    name: `files/${name}${native ? '' : ', without native crypto'}`,
    unit: 'ms',
    ours: () =>
      measured(async hosts => {
        const args = ['run', '--host', hosts.warm.name, ...(await words(hosts))];
        const env = { MEGALITH_HOME: hosts.homes.one, ...(native ? {} : { NODE_OPTIONS: '--no-addons' }) };
        return megalithMs(args, '', { env });
      }),
    peer: () => measured(peer),
    peerName,
    runs: 5,
    missing: withoutOpenSsh,
  };
}

function back({ folder }: BenchHosts): string {
  return join(folder, 'back');
}

async function gibFile({ folder }: BenchHosts): Promise<string> {
  const path = join(folder, 'gib');
  if (existsSync(path)) return path;
  const file = createWriteStream(path);
  for (let written = 0; written < gibibyte; written += mebibyte) {
    if (!file.write(randomBytes(mebibyte))) await once(file, 'drain');
  }
  file.end();
  await finished(file);
  return path;
}

async function smallFiles({ folder }: BenchHosts): Promise<string> {
  const root = join(folder, 'small');
  if (existsSync(root)) return root;
  for (let i = 0; i < folders; i++) {
    const path = join(root, String(i));
    await mkdir(path, { recursive: true });
    await Promise.all(
      Array.from({ length: filesInFolder }, (_, j) => writeFile(join(path, String(j)), randomBytes(4096))),
    );
  }
  return root;
}

async function gibOnHost(hosts: BenchHosts): Promise<string> {
  const path = `${hosts.warm.home}/gib`;
  if (!existsSync(hosts.warm.pathHere(path))) await scpMs(hosts.warm, await gibFile(hosts), `host:${path}`);
  return path;
}

async function smallOnHost(hosts: BenchHosts): Promise<string> {
  const path = `${hosts.warm.home}/small`;
  if (existsSync(hosts.warm.pathHere(path))) return path;
  const from = await smallFiles(hosts);
  await shellMs(`tar -cf - -C ${from} . | ${sshWords(hosts.warm)} 'mkdir ${path} && tar -xf - -C ${path}'`);
  return path;
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
