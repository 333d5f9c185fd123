/** Where simulated instances run. */
export interface InstanceHosts {
  /** Settles once the host is up; its user data need not have run. A host that cannot boot is an instance that AWS terminates. */
  boot(spec: BootSpec): Promise<InstanceHost>;
  /** Ends every host that is left. Idempotent. */
  close(): Promise<void>;
}

export interface BootSpec {
  readonly instanceId: string;
  readonly type: string;
  readonly zone: string;
  readonly region: string;
  readonly market: 'on-demand' | 'spot';
  readonly imageId: string;
  /** Decoded. */
  readonly userData: string;
  /** OpenSSH line of the key pair. */
  readonly publicKey?: string;
  readonly user: string;
  readonly cpus: number;
  readonly memoryBytes: number;
}

/** The simulator calls one method of a host at a time, and only once `boot` has settled. */
export interface InstanceHost {
  readonly privateAddress: string;
  readonly publicAddress?: string;
  readonly port: number;
  /** Settles when the guest shut itself down; read again after `powerOn`. */
  readonly off: Promise<void>;
  /** Stop: the disk stays. Called after `off`, too. */
  powerOff(): Promise<void>;
  powerOn(): Promise<void>;
  /** Link down first, then kill: no FIN. Called after `off` and `powerOff`, too. */
  destroy(): Promise<void>;
  noticeInterruption(at: Date): void;
}
