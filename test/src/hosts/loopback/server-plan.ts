/** What the guard is told to run, as JSON in its second argument. */
export interface GuardPlan {
  readonly folder: string;
  readonly servers: readonly ServerPlan[];
}

export interface ServerPlan {
  readonly command: readonly [string, ...string[]];
  /** Where its output goes. */
  readonly logFile: string;
}

/** What the server made with ssh2 is told, as JSON in its second argument. Its files are read again at each restart. */
export interface Ssh2ServerPlan {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly home: string;
  readonly hostKeyFile: string;
  readonly authorizedKeysFile: string;
  readonly socketForwarding: boolean;
  readonly env: Readonly<Record<string, string>>;
}
