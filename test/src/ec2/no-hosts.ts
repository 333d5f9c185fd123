import type { BootSpec, InstanceHost, InstanceHosts } from './instance-hosts.js';

/** Hosts for tests of the API alone: nothing answers at their addresses. */
export interface NoHosts extends InstanceHosts {
  /** What was booted, the latest last. */
  readonly booted: readonly BootSpec[];
  /** What was done to hosts, in order: `powerOff i-0123`. */
  readonly deeds: readonly string[];
  /** As if somebody typed `shutdown` in the guest. */
  shutDown(instanceId: string): void;
}

export function noHosts(): NoHosts {
  const booted: BootSpec[] = [];
  const deeds: string[] = [];
  const guests = new Map<string, () => void>();
  const boot = async (spec: BootSpec): Promise<InstanceHost> => {
    const index = booted.push(spec);
    const address = `${(index >> 8) % 256}.${index % 256}`;
    let shutDown: () => void = () => undefined;
    const newOff = () =>
      new Promise<void>(resolve => {
        shutDown = resolve;
      });
    let off = newOff();
    const deed = (name: string) => deeds.push(`${name} ${spec.instanceId}`);
    guests.set(spec.instanceId, () => shutDown());
    return {
      privateAddress: `10.77.${address}`,
      publicAddress: `198.18.${address}`,
      port: 22,
      get off() {
        return off;
      },
      powerOff: async () => void deed('powerOff'),
      powerOn: async () => {
        off = newOff();
        deed('powerOn');
      },
      destroy: async () => void deed('destroy'),
      noticeInterruption: () => void deed('noticeInterruption'),
    };
  };
  return {
    booted,
    deeds,
    boot,
    shutDown: instanceId => guests.get(instanceId)!(),
    close: async () => guests.clear(),
  };
}
