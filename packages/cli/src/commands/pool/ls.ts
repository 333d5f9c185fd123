import { BaseCommand } from '../../base-command.js';

export default class PoolLs extends BaseCommand {
  static override summary = 'list the machines of the cloud, what each costs, and why it is up';
  static override description =
    'Asks the cloud for every machine with our tags, and the agents of those that run, each for 5 s at most. COST is since the last start, without disks. ENDS IN is the time after which its agent ends it if nothing happens, EXPIRES IN that after which it ends whatever happens. States: launching, bootstrapping, warm (it waits for a job), leased (a job has it), draining (it takes no more), stopping, stopped, terminating, lost (it runs, and its agent does not answer).';
  static override examples = [
    { description: 'what there is', command: '<%= config.bin %> pool ls' },
    { description: 'for programs', command: '<%= config.bin %> pool ls --json' },
  ];

  override async run(): Promise<unknown> {
    await this.parse(PoolLs);
    const { pooledStates } = await import('@megalith/standalone');
    const { withPool } = await import('../../cloud/pool-here.js');
    const { poolTable } = await import('../../cloud/pool-text.js');
    const { whileSwept } = await import('../../cloud/sweep-beside.js');
    const { untilInterrupted } = await import('../../hosts/until-interrupted.js');
    const warn = (line: string): void => this.note(line);
    const listing = await untilInterrupted(signal =>
      withPool(pool => whileSwept(warn, () => pooledStates(pool.desk, signal))),
    );
    if (listing.machines.length === 0) this.note('no machines');
    else this.print(poolTable(listing.machines));
    for (const problem of listing.problems) this.note(`warning: ${problem}`);
    return listing;
  }
}
