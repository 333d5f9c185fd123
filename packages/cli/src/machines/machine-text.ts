import { formatDuration, formatSize, formatUsd } from '@megalith/core';
import type { MachineState } from '@megalith/standalone';
import { table } from '../output/table.js';

/** The listing of `megalith machines`; where one is of a cloud, with what only those have. */
export function machineTable(machines: readonly MachineState[]): string {
  const hasCloud = machines.some(
    ({ agent, usdPerHour }) => usdPerHour !== undefined || agent?.expiresInMs !== undefined,
  );
  return table(
    [
      { heading: 'NAME' },
      { heading: 'PROVIDER' },
      { heading: 'STATE' },
      { heading: 'SHAPE' },
      { heading: 'RUNNING', align: 'right' },
      { heading: 'QUEUED', align: 'right' },
      { heading: 'CLIENTS', align: 'right' },
      { heading: 'ENDS IN', align: 'right' },
      ...(hasCloud ? cloudColumns : []),
      { heading: 'AGENT' },
      { heading: 'WHY' },
    ],
    machines.map(machine => {
      const { agent } = machine;
      return [
        machine.name,
        machine.provider,
        stateText(machine),
        shapeText(machine),
        countText(agent?.running),
        countText(agent?.queued),
        countText(agent?.clients),
        agent?.endsInMs === undefined ? '-' : endText(agent.endsInMs),
        ...(hasCloud ? cloudCells(machine) : []),
        agent?.hash.slice(0, 8) ?? '-',
        machine.problem?.message ?? agent?.reasons.join(', ') ?? '-',
      ];
    }),
  );
}

const cloudColumns = [
  { heading: 'EXPIRES IN', align: 'right' as const },
  { heading: 'AN HOUR', align: 'right' as const },
  { heading: 'LEASED FOR' },
];

function cloudCells({ agent, usdPerHour }: MachineState): string[] {
  const { expiresInMs, leasedFor = '-' } = agent ?? {};
  return [
    expiresInMs === undefined ? '-' : endText(expiresInMs),
    usdPerHour === undefined ? '-' : formatUsd(usdPerHour),
    leasedFor,
  ];
}

/** What `megalith machines show` says. */
export function machineText(machine: MachineState): string {
  const { agent, problem } = machine;
  const facts: (readonly [string, string | undefined])[] = [
    ['name', machine.name],
    ['provider', machine.provider],
    ['state', stateText(machine)],
    ['problem', problem?.message],
    ['hint', problem?.hint],
    ['clearance', machine.clearance],
    ['shape', shapeText(machine)],
    ['disk free', machine.shape?.diskFreeBytes === undefined ? undefined : formatSize(machine.shape.diskFreeBytes)],
    ['agent', agent && `${agent.hash}, up for ${endText(agent.upMs)}`],
    ['clients', agent && String(agent.clients)],
    ['why it is up', agent?.reasons.join(', ')],
    ['ends in', agent?.endsInMs === undefined ? undefined : endText(agent.endsInMs)],
    ['idle time', agent && formatDuration(agent.idleMs)],
    ['leased for', agent?.leasedFor],
    ['expires in', agent?.expiresInMs === undefined ? undefined : endText(agent.expiresInMs)],
    ['taken back', agent?.interruption && `${agent.interruption.action}, in ${endText(agent.interruption.inMs)}`],
    ['an hour', machine.usdPerHour === undefined ? undefined : formatUsd(machine.usdPerHour)],
  ];
  const known = facts.filter((fact): fact is readonly [string, string] => fact[1] !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  const lines = known.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
  return agent === undefined || agent.jobs.length === 0 ? lines : `${lines}\n${jobLines(agent.jobs)}`;
}

type RunningJobs = NonNullable<MachineState['agent']>['jobs'];

function jobLines(jobs: RunningJobs): string {
  return table(
    [
      { heading: 'JOB' },
      { heading: 'NAME' },
      { heading: 'RUNNING', align: 'right' },
      { heading: 'ENDED', align: 'right' },
      { heading: 'CPUS', align: 'right' },
      { heading: 'MEMORY', align: 'right' },
      { heading: 'WAITS FOR' },
    ],
    jobs.map(job => [
      job.id,
      job.name,
      String(job.running),
      job.total === undefined ? String(job.settled) : `${job.settled}/${job.total}`,
      String(job.cpus),
      job.memoryBytes === undefined ? '-' : formatSize(job.memoryBytes),
      job.waitsFor ?? (job.place === undefined ? '-' : `room, number ${job.place} in line`),
    ]),
  );
}

function stateText({ state, problem }: MachineState): string {
  return problem?.layer === undefined ? state : `${state}: ${problem.layer}`;
}

function shapeText({ shape }: MachineState): string {
  if (shape === undefined) return '-';
  const arch = shape.arch === undefined ? '' : `, ${shape.arch}`;
  return `${shape.cpus} cpus, ${formatSize(shape.usableMemoryBytes)}${arch}`;
}

function countText(count: number | undefined): string {
  return count === undefined ? '-' : String(count);
}

/** In whole seconds. */
function endText(ms: number): string {
  return formatDuration(Math.ceil(ms / 1000) * 1000);
}
