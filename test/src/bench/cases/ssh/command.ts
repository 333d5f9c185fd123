import type { BenchCase } from '../../bench.js';
import { runProgram } from '../../measured-process.js';
import { megalithMs } from '../cli.js';
import { benchHosts } from './bench-hosts.js';
import { sshMs, withoutOpenSsh } from './open-ssh.js';

/** One command on a host whose agent serves: the whole of both, from a fresh process to its end. */
export const command: readonly BenchCase[] = [
  {
    name: 'command/`megalith run --host h -- true`, warm',
    unit: 'ms',
    ours: async () => {
      const { homes, warm } = await benchHosts();
      return megalithMs(['run', '--host', warm.name, '--', 'true'], '', { env: { MEGALITH_HOME: homes.one } });
    },
    peer: async () => {
      const { warm } = await benchHosts();
      const node = await runProgram(process.execPath, ['-e', '0']);
      return node.wholeMs + (await sshMs(warm, 'true'));
    },
    peerName: '`node -e 0` + `ssh h true`',
    runs: 15,
    missing: withoutOpenSsh,
  },
];
