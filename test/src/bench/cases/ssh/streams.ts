import type { BenchCase } from '../../bench.js';
import { runWorker } from '../../measured-process.js';
import { megalithMs } from '../cli.js';
import { benchHosts } from './bench-hosts.js';
import { cipher, shellMs, sshMs, sshWords, withoutOpenSsh } from './open-ssh.js';

const megabytes = 200;
const prints = ['head', '-c', String(megabytes * 1e6), '/dev/zero'] as const;

/** What a job prints, and one job on several hosts. */
export const streams: readonly BenchCase[] = [
  {
    name: `streams/${megabytes} MB of output, journalled`,
    unit: 'ms',
    ours: async () => {
      const { homes, warm } = await benchHosts();
      const env = { MEGALITH_HOME: homes.one };
      try {
        return await megalithMs(['run', '--host', warm.name, '--', ...prints], '', { env, silent: true });
      } finally {
        await warm.exec('rm -f .megalith/jobs/*/journal*');
      }
    },
    peer: async () => sshMs((await benchHosts()).warm, prints.join(' ')),
    peerName: `ssh -c ${cipher}`,
    runs: 5,
    missing: withoutOpenSsh,
  },
  {
    name: 'streams/30 tasks on 3 hosts, from nothing to the results',
    unit: 'ms',
    ours: async () => runWorker('megalith-three-hosts', [(await benchHosts()).homes.three]),
    peer: async () => {
      const { warm } = await benchHosts();
      return shellMs(`${`${sshWords(warm)} true & `.repeat(3)} wait`);
    },
    peerName: '3 × `ssh h true` at once',
    runs: 7,
    missing: withoutOpenSsh,
  },
];
