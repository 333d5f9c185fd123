import type { InstanceHosts } from '../../ec2/instance-hosts.js';

/**
 * Hosts that boot and let nobody in: for clients that die before they could log in. Of what their user data says they keep the absolute end, which is
 * kill switch (a).
 * @param haste so many times faster than ours their time goes by
 */
export function silentHosts(onOff: (instanceId: string) => void, haste: number): InstanceHosts {
  const timers = new Set<NodeJS.Timeout>();
  let count = 0;
  return {
    async boot({ instanceId, userData }) {
      // Without an end it never ends.
      const endsAt = Number(/\bend=(\d+)/.exec(userData)?.[1] ?? Number.NaN) * 1000;
      // Nobody listens there: it is refused at once.
      const address = `127.77.${(++count >> 8) % 256}.${count % 256}`;
      let settle: () => void = () => undefined;
      const off = new Promise<void>(resolve => {
        settle = resolve;
      });
      const goOff = (): void => {
        onOff(instanceId);
        settle();
      };
      const timer = Number.isNaN(endsAt) ? undefined : setTimeout(goOff, Math.max(0, endsAt - Date.now()) / haste);
      if (timer !== undefined) timers.add(timer);
      const end = async (): Promise<void> => {
        clearTimeout(timer);
        if (timer !== undefined) timers.delete(timer);
      };
      return {
        privateAddress: address,
        publicAddress: address,
        port: 9,
        off,
        powerOff: end,
        powerOn: async () => undefined,
        destroy: end,
        noticeInterruption: () => undefined,
      };
    },
    async close() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
