import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.js';

export default class Ec2Iam extends BaseCommand {
  static override summary = 'print the least policy that an AWS account has to grant';
  static override description =
    'For the section "ec2" of megalith.yaml as it applies here: what the config does without is not in the policy. Nothing is asked of AWS. Attach it to the user or role that runs Megalith.';
  static override examples = [
    { description: 'to look at', command: '<%= config.bin %> ec2 iam' },
    { description: 'for one account only', command: '<%= config.bin %> ec2 iam --account 123456789012 --json' },
  ];
  static override flags = {
    account: Flags.string({ description: 'id of the account; otherwise any', helpValue: 'ID' }),
  };

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(Ec2Iam);
    const { iamPolicy } = await import('@megalith/standalone');
    const { withPool } = await import('../../cloud/pool-here.js');
    if (flags.account !== undefined && !/^\d{12}$/.test(flags.account)) {
      this.error(`"--account ${flags.account}" is not the id of an account, which has 12 digits`, { exit: 2 });
    }
    const policy = await withPool(async pool => iamPolicy(pool.settings, flags.account));
    this.print(`${JSON.stringify(policy, undefined, 2)}\n`);
    return policy;
  }
}
