import { BaseCommand } from '../../base-command.js';

export default class Doctor extends BaseCommand {
  static override summary = 'check that jobs can run here';
  static override description =
    'Looks at Node, the home folder, limits and leftovers, and runs a command and a function from end to end. The exit code is 1 if anything failed.';
  static override examples = [{ description: 'when something does not work', command: '<%= config.bin %> doctor' }];

  override async run(): Promise<unknown> {
    await this.parse(Doctor);
    const { examine } = await import('../../doctor/examine.js');
    const { findingsText } = await import('../../doctor/finding.js');
    const findings = [];
    for await (const finding of examine()) findings.push(finding);
    this.print(findingsText(findings));
    const ok = findings.every(finding => finding.state !== 'failed');
    process.exitCode = ok ? 0 : 1;
    return { ok, findings };
  }
}
