import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class AuditShow extends BaseCommand {
  static override summary = 'show entries of the audit log, the newest last';
  static override description =
    'What went where, and by which rule. With --json each entry has all that was noted. See "audit verify" for whether to believe it.';
  static override examples = [
    { description: 'the newest twenty', command: '<%= config.bin %> audit show' },
    {
      description: 'all about a job; the start of its id will do',
      command: '<%= config.bin %> audit show --job 2f9c',
    },
  ];
  static override flags = {
    job: Flags.string({ description: 'only what is about this job', helpValue: 'ID' }),
    last: Flags.integer({
      char: 'n',
      description: 'the newest so many; without --job, 20',
      min: 1,
      helpValue: 'N',
    }),
  };

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(AuditShow);
    const { entriesHere } = await import('../../audit/audit-here.js');
    const { untilInterrupted } = await import('../../hosts/until-interrupted.js');
    const { auditTable } = await import('../../output/audit-text.js');
    const entries = await untilInterrupted(signal => entriesHere(flags, signal));
    if (entries.length === 0) this.note(flags.job === undefined ? 'no entries yet' : `no entry about "${flags.job}"`);
    else this.print(auditTable(entries));
    return { entries };
  }
}
