import { BaseCommand } from '../../base-command.js';

export default class MachinesSsh extends BaseCommand {
  static override summary = 'log in to a host with ssh, as the inventory says';
  static override description =
    "Runs the OpenSSH client with the host's address, port, user, key and jump hosts, and trusts the pinned host keys alone; ~/.ssh/config plays no part. Without a command it is a shell. The exit code is that of ssh.";
  static override usage = ['machines ssh NAME [-- COMMAND...]'];
  static override examples = [
    { description: 'a shell', command: '<%= config.bin %> machines ssh alpha' },
    { description: 'a command', command: '<%= config.bin %> machines ssh alpha -- df -h' },
  ];
  // What ssh prints is not ours.
  static override enableJsonFlag = false;
  static override strict = false;

  override async run(): Promise<void> {
    const { raw } = await this.parse(MachinesSsh);
    const [name, ...command] = raw.filter(token => token.type === 'arg').map(token => token.input);
    if (name === undefined) this.error('there is no name of a host', { exit: 2 });
    const { runSsh } = await import('../../machines/run-ssh.js');
    process.exitCode = await runSsh(name, command);
  }
}
