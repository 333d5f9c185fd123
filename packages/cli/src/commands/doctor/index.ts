import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class Doctor extends BaseCommand {
  static override summary = 'check that jobs can run here';
  static override description =
    'Looks at Node, the home folder, limits and leftovers, and runs a command and a function from end to end. With --hosts it also logs in to every host of the inventory. Where a cloud is configured, it asks there for credentials, image and network, and makes nothing. The exit code is 1 if anything failed.';
  static override examples = [
    { description: 'when something does not work', command: '<%= config.bin %> doctor' },
    { description: 'when a host does not', command: '<%= config.bin %> doctor --hosts' },
  ];
  static override flags = { hosts: Flags.boolean({ description: 'log in to each host of the inventory' }) };

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(Doctor);
    const { examine } = await import('../../doctor/examine.js');
    const { findingsText } = await import('../../doctor/finding.js');
    const findings = [];
    for await (const finding of examine()) findings.push(finding);
    const { examineHosts } = await import('../../doctor/hosts.js');
    findings.push(...(await examineHosts(flags.hosts)));
    const { examineClouds } = await import('../../doctor/clouds.js');
    findings.push(...(await examineClouds()));
    this.print(findingsText(findings));
    const ok = findings.every(finding => finding.state !== 'failed');
    process.exitCode = ok ? 0 : 1;
    return { ok, findings };
  }
}
