import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../base-command.js';

const modes = ['once', 'watch', 'dry-run', 'install'];

export default class Dismantle extends BaseCommand {
  static override summary = 'end cloud machines that nobody needs';
  static override description =
    'Looks at every machine with our tags, at what this client intended with it, and at what its agent says. A machine goes when it is past its end, or when two things speak against it in two sweeps that are minutes apart. Machines of other owners stay, and so do those that somebody tagged megalith:keep. The exit code of --once is 6 where something could not be ended, or not everything could be looked at.';
  static override examples = [
    { description: 'what would be done, and why', command: '<%= config.bin %> dismantle --dry-run' },
    { description: 'for cron', command: '<%= config.bin %> dismantle --once' },
    { description: 'again and again, until it is told to end', command: '<%= config.bin %> dismantle --watch' },
    { description: 'units of systemd, and the line for cron', command: '<%= config.bin %> dismantle --install' },
  ];
  static override flags = {
    once: Flags.boolean({ description: 'sweep once', exactlyOne: modes }),
    watch: Flags.boolean({ description: 'sweep until SIGTERM or Ctrl-C', exactlyOne: modes }),
    'dry-run': Flags.boolean({ description: 'only say what would be done', exactlyOne: modes }),
    install: Flags.boolean({ description: 'print what runs it in the background', exactlyOne: modes }),
  };

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(Dismantle);
    if (flags.install) return await this.#install();
    if (flags.watch) return await this.#watch();
    return await this.#once(flags['dry-run']);
  }

  async #once(dryRun: boolean): Promise<unknown> {
    const { dismantleOnce } = await import('../cloud/dismantle-once.js');
    const { sweepExitCode, sweepJson, sweepSummary, sweepText } = await import('../cloud/sweep-text.js');
    const { untilInterrupted } = await import('../hosts/until-interrupted.js');
    const sweeps = await untilInterrupted(signal => dismantleOnce(dryRun, signal));
    for (const { report } of sweeps) {
      this.print(sweepText(report, dryRun));
      this.note(sweepSummary(report, dryRun));
    }
    process.exitCode = Math.max(...sweeps.map(({ report }) => sweepExitCode(report)));
    return { clouds: sweeps.map(({ cloud, region, report }) => ({ cloud, region, ...sweepJson(report) })) };
  }

  async #watch(): Promise<void> {
    const { dismantleWatch } = await import('../cloud/dismantle-watch.js');
    const { sweepJson } = await import('../cloud/sweep-text.js');
    await dismantleWatch({
      say: line => this.print(`${line}\n`),
      onSwept: report => {
        if (this.jsonEnabled()) process.stdout.write(`${JSON.stringify(sweepJson(report))}\n`);
      },
    });
  }

  async #install(): Promise<unknown> {
    const { dismantleInstall, installText } = await import('../cloud/dismantle-install.js');
    const { notes, ...texts } = await dismantleInstall(this.config.root);
    this.print(installText(texts));
    for (const note of notes) this.note(note);
    return texts;
  }
}
