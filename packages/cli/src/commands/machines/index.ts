import { BaseCommand } from '../../base-command.js';

export default class Machines extends BaseCommand {
  static override summary = 'list machines, and why each is still up';
  static override description =
    'Asks every host of the inventory, the machines of clouds that were reached from here before (megalith pool ls lists all), and this machine (local), at once, each for 10 s at most, and starts nothing. States: not started (no agent of this Megalith runs there), warm (one waits for jobs), leased (one waits for a certain job), busy, draining (it takes no new jobs), unreachable (with the layer that failed). ENDS IN is the time after which an agent without work ends itself.';
  static override examples = [
    { description: 'what there is', command: '<%= config.bin %> machines' },
    { description: 'for programs', command: '<%= config.bin %> machines --json' },
  ];

  override async run(): Promise<unknown> {
    await this.parse(Machines);
    const { machineStates } = await import('@megalith/standalone');
    const { untilInterrupted } = await import('../../hosts/until-interrupted.js');
    const { machinesHere } = await import('../../machines/machines-here.js');
    const { machineTable } = await import('../../machines/machine-text.js');
    const { whileSwept } = await import('../../cloud/sweep-beside.js');
    const all = await machinesHere();
    const warn = (line: string): void => this.note(line);
    const asked = await untilInterrupted(signal => whileSwept(warn, () => machineStates(all, { signal })));
    // The sweep may have seen that some are gone.
    const known = new Set((await machinesHere()).map(({ id }) => id));
    const machines = asked.filter((_, at) => known.has(all[at]!.id));
    this.print(machineTable(machines));
    for (const { name, problem } of machines) {
      if (problem?.hint !== undefined) this.note(`hint: ${name}: ${problem.hint}`);
    }
    return { machines };
  }
}
