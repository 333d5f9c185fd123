import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../../conformance/eventually.js';
import type { BenchCase } from '../../bench.js';
import { runProgram, runWorker } from '../../measured-process.js';
import { megalithMs } from '../cli.js';
import { type BenchHosts, benchHosts } from './bench-hosts.js';
import { scpMs, sshMs, withoutOpenSsh } from './open-ssh.js';

const agentFile = fileURLToPath(new URL('../../../../../agent/dist/agent.mjs', import.meta.url));

/** The first contact with a host that has Node and nothing of ours: connect, look, upload, start, talk to the agent. */
export const bootstrap: readonly BenchCase[] = [
  {
    name: 'bootstrap/first route to an agent',
    unit: 'ms',
    ours: async () => {
      const hosts = await forgotten();
      return runWorker('megalith-reach', [hosts.homes.fresh, hosts.fresh.name]);
    },
    peer: async () => upload(await forgotten()),
    peerName: 'scp of the agent + `ssh h true`',
    runs: 9,
    missing: withoutOpenSsh,
  },
  {
    name: 'bootstrap/first `megalith run --host h -- true`, whole',
    unit: 'ms',
    ours: async () => {
      const { homes, fresh } = await forgotten();
      return megalithMs(['run', '--host', fresh.name, '--', 'true'], '', { env: { MEGALITH_HOME: homes.fresh } });
    },
    peer: async () => {
      const node = await runProgram(process.execPath, ['-e', '0']);
      return node.wholeMs + (await upload(await forgotten()));
    },
    peerName: '`node -e 0` + scp of the agent + `ssh h true`',
    runs: 9,
    missing: withoutOpenSsh,
  },
];

async function upload({ fresh }: BenchHosts): Promise<number> {
  return (await scpMs(fresh, agentFile, `host:${fresh.home}/agent.mjs`)) + (await sshMs(fresh, 'true'));
}

/** Neither side knows the other any more. */
async function forgotten(): Promise<BenchHosts> {
  const hosts = await benchHosts();
  const { fresh, homes } = hosts;
  for (const { pidHere } of agentsOf(hosts)) process.kill(pidHere, 'SIGKILL');
  await eventually('no agent is left on the host', () => agentsOf(hosts).length === 0);
  await fresh.exec('rm -rf .megalith agent.mjs');
  await rm(join(homes.fresh, 'machines'), { recursive: true, force: true });
  return hosts;
}

function agentsOf({ fresh }: BenchHosts) {
  return fresh.processes().filter(({ command }) => /agent\.mjs (machine|slot)/.test(command));
}
