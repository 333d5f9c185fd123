import { setTimeout as delay } from 'node:timers/promises';
import { CreateTagsCommand } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../conformance/eventually.js';
import { gateIn } from '../../conformance/scratch.js';
import { bestInstanceHostKind, instanceHostsCan } from '../../ec2/hosts/start-instance-hosts.js';
import { testClients } from '../../ec2/test-clients.js';
import { agentsOn, killAgents } from '../ssh/agents-there.js';
import { allGone, openSite, type Site, sweepDelayMs } from './open-site.js';

const canRunUserData = instanceHostsCan(await bestInstanceHostKind(), 'user-data');
/** So long is a minute of a machine's timer where the timer is not to end it. */
const neverMs = 3_600_000;

/** One machine that has had a job, and whose client is gone. */
async function usedMachine(site: Site): Promise<string> {
  const executor = site.executor();
  await executor.run(['true']);
  await executor.close();
  // Where it stays for a moment only, it may have ended by now.
  const [only, ...others] = site.ec2.instances();
  expect(others).toEqual([]);
  return only!.id;
}

async function removeAgent(site: Site, id: string): Promise<void> {
  const machine = site.machine(id);
  killAgents(machine);
  await eventually('no agent runs', () => agentsOn(machine).length === 0);
}

/** The time that a machine gives its client to bring an agent is over at once. @returns whether the machine lived on once that was looked into */
async function endBootTime(site: Site, id: string): Promise<boolean> {
  const script = `for one in /proc/[0-9]*; do
    [ "$(tr '\\0' ' ' <"$one/cmdline")" = 'sleep 900 ' ] || continue
    shell=$(sed -n 's/^PPid:[[:space:]]*//p' "$one/status")
    echo found
    kill "\${one#/proc/}"
    while [ -e "/proc/$shell" ]; do sleep 0.02; done
    echo over
  done`;
  const machine = await eventually('the machine is there', () => site.ec2.hostOf(id) && site.machine(id));
  const { stdout } = await eventually('its boot was begun', async () => {
    // It fails where the machine has only begun to be there.
    const result = await machine.exec(script);
    return result.stdout.includes('found') && result;
  });
  return stdout.includes('over');
}

/** It was its own doing, and nothing else came of that. */
async function endsByItself(site: Site): Promise<void> {
  await allGone(site);
  expect(site.calls('TerminateInstances')).toBe(0);
  expect(site.ec2.instances()).toMatchObject([{ stateReason: expect.stringContaining('InstanceInitiatedShutdown') }]);
}

describe.concurrent('alone', () => {
  test.runIf(canRunUserData)('the timer of its user data ends a machine', async context => {
    // Of its lifetime nine whole minutes are left at its boot.
    const site = await openSite({ minuteMs: 200, section: { maxLifetime: '10m' } }, context);
    await site.launch();
    await endsByItself(site);
  });

  test.runIf(canRunUserData)('the deadline of its boot ends a machine to which no agent came', async context => {
    const site = await openSite({ minuteMs: neverMs }, context);
    const id = await site.launch();
    // The connection may end with the machine.
    await endBootTime(site, id);
    await endsByItself(site);
  });

  test.runIf(canRunUserData)('an agent without work ends its machine', async context => {
    const site = await openSite({ minuteMs: neverMs, section: { idle: '1s' } }, context);
    await usedMachine(site);
    await endsByItself(site);
  });

  test.runIf(canRunUserData)('two sweeps end a machine without timer and agent', async context => {
    const site = await openSite({ minuteMs: neverMs }, context);
    const id = await usedMachine(site);
    expect((await site.machine(id).exec('shutdown -c')).code).toBe(0);
    expect(await endBootTime(site, id)).toBe(true);
    expect((await site.sweep()).deeds).toEqual([]);
    expect(site.alive()).toHaveLength(1);
    await removeAgent(site, id);
    await site.sweep();
    expect(site.ec2.instance(id)?.state).toBe('running');
    await delay(sweepDelayMs);
    const report = await site.sweep();
    expect(report.problems).toEqual([]);
    expect(site.alive()).toEqual([]);
  });

  test('one sweep ends a machine that is past its end, and no other', async context => {
    const site = await openSite({ minuteMs: neverMs }, context);
    const id = await usedMachine(site);
    await site.sweep();
    expect(site.ec2.instance(id)?.state).toBe('running');
    const { ec2, close } = testClients(site.ec2.endpoint);
    const Tags = [{ Key: 'megalith:expires', Value: new Date(Date.now() - 60_000).toISOString() }];
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags }));
    close();
    const report = await site.sweep();
    expect(report.deeds).toMatchObject([{ verdict: { machine: id, reason: 'expired' }, outcome: 'done' }]);
    expect(site.alive()).toEqual([]);
  });

  test('a spent budget ends machines without work, lets no other be made, and takes none from a job', async context => {
    const site = await openSite({ minuteMs: neverMs }, context);
    const gate = gateIn(site.shared);
    const executor = site.executor();
    const job = executor.run(['sh', '-c', `echo >${gate.path}-begun; until [ -e ${gate.path} ]; do sleep 0.05; done`]);
    await executor.run(['true']);
    await eventually('the job runs', () => site.alive().length === 2);
    await site.sweep();
    await delay(sweepDelayMs);
    expect((await site.sweep()).deeds).toEqual([]);
    site.configure({ maxUsdPerDay: 0.000_01 });
    const launches = site.calls('CreateFleet');
    await site.sweep();
    expect(site.alive()).toHaveLength(2);
    await delay(sweepDelayMs);
    const report = await site.sweep();
    expect(report.deeds).toMatchObject([{ verdict: { because: expect.stringContaining('budget') }, outcome: 'done' }]);
    expect(site.alive()).toHaveLength(1);
    await expect(site.executor().run(['true'])).rejects.toMatchObject({ code: 'OVER_BUDGET' });
    expect(site.calls('CreateFleet')).toBe(launches);
    gate.open();
    expect(await job).toMatchObject({ exitCode: 0 });
    await eventually('the last machine goes', async () => {
      await site.sweep();
      return site.alive().length === 0;
    });
  });
});
