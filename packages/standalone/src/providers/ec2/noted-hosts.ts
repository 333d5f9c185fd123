import type { Inventory } from '../../inventory/read-inventory.js';
import type { Machine } from '../../machine.js';
import { IntentStore } from '../../pool/intent-store.js';
import { type MachineNote, MachineNotes } from '../../pool/machine-notes.js';
import { ec2Host } from './ec2-host.js';
import { ec2Settings } from './ec2-settings.js';

/** An agent that has to be started again, for what a job left there, stays as long as any other, milliseconds. */
const idleMs = 10 * 60_000;

export interface NotedHostsOptions {
  readonly inventory: Pick<Inventory, 'hosts' | 'agent' | 'ec2'>;
  readonly home: string;
  readonly agentFile?: string | undefined;
}

/**
 * The machines of EC2 that this client has reached before and has not seen terminated, where they were last. Nobody is asked.
 * @throws MegalithError JOURNAL_FAILED
 */
export async function notedHosts(options: NotedHostsOptions): Promise<readonly Machine[]> {
  const notes = new MachineNotes(options.home);
  const intents = new IntentStore(options.home);
  const ours = (await notes.all()).notes.filter(({ provider }) => provider === 'ec2');
  const machines = await Promise.all(ours.map(note => notedHost(note, notes, intents, options)));
  return machines.filter(machine => machine !== undefined);
}

async function notedHost(
  note: MachineNote,
  notes: MachineNotes,
  intents: IntentStore,
  { inventory, home, agentFile }: NotedHostsOptions,
): Promise<Machine | undefined> {
  const { id, region, market } = note;
  if (note.address === undefined) return undefined;
  const intent = await intents.find(note.intent);
  const section = inventory.ec2 ?? { region };
  const settings = ec2Settings(
    intent === undefined ? section : { ...section, clearance: intent.label },
    intent?.owner ?? '',
  );
  // Without its intent nobody here knows its end: then an agent that is started anew leaves that to the machine's own timer.
  const tags = { expiresAt: intent?.expiresAt ?? Number.NaN };
  const host = await ec2Host(
    { id, market, tags },
    { settings, home, notes, hosts: inventory.hosts, retention: inventory.agent.retention, agentFile, idleMs },
  );
  if (host === undefined) return undefined;
  return {
    id: `ec2:${id}`,
    name: host.name,
    provider: 'ec2',
    get shape() {
      return host.shape;
    },
    clearance: host.clearance,
    usdPerHour: note.usdPerHour ?? 0,
    reach: wishes => host.reach(wishes),
  };
}
