import type { Account } from './state/account.js';

/** Takes a running spot instance back: its host hears of it, and it is terminated `noticeMs` later. */
export function interrupt({ instances, timers, now }: Account, instanceId: string, noticeMs: number): void {
  const instance = instances.get(instanceId);
  if (instance === undefined) throw new Error(`there is no instance ${instanceId}`);
  if (instance.spec.market !== 'spot') throw new Error(`instance ${instanceId} is not a spot instance`);
  instance.host?.noticeInterruption(new Date(now() + noticeMs));
  void timers.wait(noticeMs).then(() => {
    if (timers.closed || (instance.state !== 'running' && instance.state !== 'pending')) return;
    instance.terminate({
      code: 'Server.SpotInstanceTermination',
      message: 'Server.SpotInstanceTermination: Spot instance termination',
    });
  });
}
