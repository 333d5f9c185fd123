import { BaseCommand } from '../../base-command.js';

export default class LambdaIam extends BaseCommand {
  static override summary = 'print the least policies that an AWS account has to grant';
  static override description =
    'For the section "lambda" of megalith.yaml as it applies here: "client" for the user or role that runs Megalith; "role" for the role that functions have, with who may take it (trust) and what it may (permissions). Tasks can take on what the role may: give it nothing more. Nothing is asked of AWS.';
  static override examples = [{ description: 'to attach in an account', command: '<%= config.bin %> lambda iam' }];

  override async run(): Promise<unknown> {
    await this.parse(LambdaIam);
    const { configuredPolicies } = await import('@megalith/core');
    const { poolPlace } = await import('../../cloud/pool-place.js');
    const policies = await configuredPolicies(poolPlace());
    this.print(`${JSON.stringify(policies, undefined, 2)}\n`);
    return policies;
  }
}
