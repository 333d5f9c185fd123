import { BaseCommand } from '../base-command.js';
import { commandWords, missingDashes, runFlags } from '../flags/run-flags.js';

export default class Run extends BaseCommand {
  static override summary = 'run a command, or one command over many items';
  static override description =
    'Everything after -- is the command. Its output passes through byte for byte, and its exit code is the exit code of megalith ' +
    '(see "megalith help exit-codes"). With --each, {} stands for the item, {.} for the item without extension, {/} for its last part, ' +
    '{//} for its folder, {/.} for the last part without extension and {#} for its number; without any, the item comes last. ' +
    "On a machine (--host) the command runs in a folder of the job's own, where --input puts files and --output takes them from; Ctrl-C ends it there too.";

  static override usage = ['run [FLAGS] -- COMMAND...', "run [FLAGS] --each FILE|'GLOB'|- -- COMMAND..."];

  static override examples = [
    {
      description: 'a command with much memory',
      command: '<%= config.bin %> run --memory 2GiB --time 1h -- ./assemble.sh reads/',
    },
    {
      description: 'compress every log, four at once',
      command: "<%= config.bin %> run --each 'logs/*.log' -j 4 -- gzip -9 {}",
    },
    {
      description: 'a shell line for each line of standard input, printed in order',
      command: '<%= config.bin %> run --each - --keep-order --shell \'wc -l < {} | tr -d " "\'',
    },
    {
      description: 'on a host of the inventory, with its files there and back',
      command: '<%= config.bin %> run --host alpha --input reads/ --output asm/ -- ./assemble.sh reads/ asm/',
    },
    {
      description: 'and leave it there',
      command: '<%= config.bin %> run --host alpha --detach -- ./simulate.sh',
    },
    {
      description: 'the cheapest place that may have the data and is done in two hours',
      command: "<%= config.bin %> run --tag pii --deadline 2h --expected 5m --each 'scans/*.dcm' -- ./segment.sh {}",
    },
    {
      description: 'keep a log as GNU parallel does',
      command: '<%= config.bin %> run --each urls.txt --joblog fetch.log --retries 2 -- curl -fsSO {}',
    },
  ];

  static override strict = false;

  static override flags = runFlags;

  protected override usageHint(error: Error): string {
    return missingDashes(error, this.argv) ?? super.usageHint(error);
  }

  override async run(): Promise<void> {
    const { flags, raw } = await this.parse(Run);
    const { runCommand } = await import('../run/run-command.js');
    process.exitCode = await runCommand(commandWords(raw), flags, this.jsonEnabled());
  }
}
