/** What the servers of all kinds of hosts are told. */
export interface SshdSettings {
  readonly address: string;
  readonly port: number;
  /** @defaultValue where OpenSSH looks: `/etc/ssh/ssh_host_*_key` */
  readonly hostKeyFile?: string;
  readonly authorizedKeysFile: string;
  readonly socketForwarding: boolean;
  /** @defaultValue none */
  readonly pidFile?: string;
  /** Put into the environment of each session. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs in place of what the client asks for. */
  readonly forceCommand?: string;
}

/** The text of an sshd_config. Limits such as MaxStartups and MaxSessions stay as OpenSSH has them. */
export function sshdConfig(settings: SshdSettings): string {
  const env = Object.entries(settings.env).map(([name, value]) => `"${name}=${value}"`);
  const lines = [
    `ListenAddress ${settings.address}`,
    `Port ${settings.port}`,
    ...(settings.hostKeyFile === undefined ? [] : [`HostKey ${settings.hostKeyFile}`]),
    `AuthorizedKeysFile ${settings.authorizedKeysFile}`,
    'PubkeyAuthentication yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'UsePAM no',
    'UseDNS no',
    'StrictModes no',
    `PidFile ${settings.pidFile ?? 'none'}`,
    'PrintMotd no',
    `AllowStreamLocalForwarding ${settings.socketForwarding ? 'yes' : 'no'}`,
    'Subsystem sftp /usr/lib/openssh/sftp-server',
    ...(env.length > 0 ? [`SetEnv ${env.join(' ')}`] : []),
    ...(settings.forceCommand === undefined ? [] : [`ForceCommand ${settings.forceCommand}`]),
  ];
  return `${lines.join('\n')}\n`;
}
