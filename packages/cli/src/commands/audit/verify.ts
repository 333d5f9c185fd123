import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class AuditVerify extends BaseCommand {
  static override summary = 'check that nobody changed the audit log';
  static override description =
    'Every placement, refusal, move to a larger place and lowered label is an entry that has the hash of the one before. The exit code is 1 ' +
    'where one was changed, removed, added or moved, or where the end is missing. Note the hash of the last entry elsewhere: with it, a ' +
    'log that was written anew is found too.';
  static override examples = [
    { description: 'the whole log', command: '<%= config.bin %> audit verify' },
    { description: 'against a hash of before', command: '<%= config.bin %> audit verify --head 5f0c…' },
  ];
  static override flags = {
    head: Flags.string({ description: 'hash of an entry that the log must have', helpValue: 'HASH' }),
  };

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(AuditVerify);
    const { verifyHere } = await import('../../audit/audit-here.js');
    const { untilInterrupted } = await import('../../hosts/until-interrupted.js');
    const { problemText, verdictText } = await import('../../output/audit-text.js');
    const verdict = await untilInterrupted(signal => verifyHere(flags.head, signal));
    if (verdict.firstProblem === undefined) {
      this.print(verdictText(verdict));
    } else {
      process.exitCode = 1;
      if (!this.jsonEnabled()) process.stderr.write(problemText(verdict, verdict.firstProblem));
    }
    return verdict;
  }
}
