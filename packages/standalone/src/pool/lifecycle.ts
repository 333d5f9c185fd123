import { higherLabel, isLower } from '@megalith/agent';
import type { Clearance } from '../inventory/host-entry.js';
import type { CloudState } from './cloud-machine.js';

export const lifeStates = [
  'launching',
  'bootstrapping',
  'warm',
  'leased',
  'draining',
  'stopping',
  'stopped',
  'terminating',
  'terminated',
  'lost',
] as const;

/**
 * `launching`: the cloud was asked, and it does not run yet. `bootstrapping`: it runs, and its agent does not answer yet. `warm`: it waits for a
 * job. `leased`: a job has it. `draining`: it takes no more jobs. `lost`: it runs, and nobody reaches its agent.
 */
export type LifeState = (typeof lifeStates)[number];

/** Where a machine is in its life, and what of its past decides its future. */
export interface Life {
  readonly state: LifeState;
  /** The highest label of data that may go there. */
  readonly clearance: Clearance;
  /** The highest label of data that was there; it never falls. */
  readonly held?: Clearance;
  /** Whether a job has it: a machine that drains or is lost may be leased, too. */
  readonly isLeased: boolean;
}

export type LifeEvent =
  /** The cloud answered with a machine. */
  | { readonly type: 'launched' }
  | { readonly type: 'running' }
  /** Somebody logged in. */
  | { readonly type: 'reached' }
  | {
      readonly type: 'agentServes';
      readonly isLeased: boolean;
      readonly isDraining: boolean;
      readonly held?: Clearance;
    }
  | { readonly type: 'leaseGranted'; readonly label: Clearance }
  | { readonly type: 'leaseEnded' }
  | { readonly type: 'drainAsked' }
  | { readonly type: 'idleOver' }
  | { readonly type: 'stopAsked' }
  | { readonly type: 'startAsked' }
  | { readonly type: 'cloudSays'; readonly state: CloudState }
  | { readonly type: 'unreachable' }
  /** Its absolute end has come. */
  | { readonly type: 'expired' }
  /** The cloud takes it back soon. */
  | { readonly type: 'interrupted' }
  /** `force` ends it under a job. */
  | { readonly type: 'terminateAsked'; readonly force: boolean };

/** The life after an event, or why the event is not possible: then nothing changes. */
export type Step = { readonly life: Life } | { readonly refused: string };

/** A machine that has just been asked for. */
export function newLife(clearance: Clearance): Life {
  return { state: 'launching', clearance, isLeased: false };
}

/** The one table of what may happen to a machine. */
export function next(life: Life, event: LifeEvent): Step {
  const { state } = life;
  if (state === 'terminated') return refuse('it is terminated, and that is final');
  switch (event.type) {
    case 'launched':
      return state === 'launching' ? same(life) : wrong(state, 'be launched');
    case 'running':
      return state === 'launching' ? to(life, 'bootstrapping') : wrong(state, 'begin to run');
    case 'reached':
      return isUp(state) ? same(life) : wrong(state, 'be reached');
    case 'agentServes':
      return serves(life, event);
    case 'leaseGranted':
      return lease(life, event.label);
    case 'leaseEnded':
      if (!life.isLeased || !isUp(state)) return refuse(`it is ${state}, and no job has it`);
      return to({ ...life, isLeased: false }, state === 'leased' ? 'warm' : state);
    case 'drainAsked':
      return isUp(state) && state !== 'lost' ? to(life, 'draining') : wrong(state, 'be drained');
    case 'interrupted':
      return isUp(state) || state === 'launching' ? to(life, 'draining') : wrong(state, 'be interrupted');
    case 'idleOver':
      if (life.isLeased) return refuse('a job has it, so that it is not idle');
      return isIdle(state) || state === 'stopped' ? end(life) : wrong(state, 'have been idle');
    case 'stopAsked':
      if (life.isLeased) return refuse('a job has it: drain it first');
      return isIdle(state) ? to(life, 'stopping') : wrong(state, 'be stopped');
    case 'startAsked':
      return state === 'stopped' ? to(life, 'launching') : wrong(state, 'be started');
    case 'unreachable':
      return isUp(state) ? to(life, 'lost') : wrong(state, 'be expected to answer');
    case 'expired':
      return end(life);
    case 'terminateAsked':
      if (life.isLeased && !event.force) return refuse('a job has it: drain it first, or terminate it by force');
      return end(life);
    case 'cloudSays':
      return cloudSays(life, event.state);
  }
}

/** Why a job of this label must not come to a machine, or undefined where it may. */
export function labelProblem({ clearance, held }: Pick<Life, 'clearance' | 'held'>, label: Clearance) {
  if (isLower(clearance, label)) return `it is cleared for data labelled "${clearance}", and the job's is "${label}"`;
  if (held !== undefined && isLower(label, held)) return `it held data labelled "${held}", and the job's is "${label}"`;
  return undefined;
}

function serves(life: Life, { isLeased, isDraining, held }: LifeEvent & { readonly type: 'agentServes' }): Step {
  if (!isUp(life.state)) return wrong(life.state, 'serve');
  const known = held === undefined ? life : { ...life, held: higherLabel(held, life.held) };
  // An agent that was asked to drain may not have heard it yet.
  const drains = isDraining || life.state === 'draining';
  return to({ ...known, isLeased }, drains ? 'draining' : isLeased ? 'leased' : 'warm');
}

function lease(life: Life, label: Clearance): Step {
  if (life.state !== 'warm') return wrong(life.state, 'be leased');
  const problem = labelProblem(life, label);
  if (problem !== undefined) return refuse(problem);
  return to({ ...life, held: higherLabel(label, life.held), isLeased: true }, 'leased');
}

/** What the cloud lists may be older than what we know, but never by more than one of its own steps. */
function cloudSays(life: Life, says: CloudState): Step {
  const { state } = life;
  switch (says) {
    case 'pending':
      if (state === 'launching') return same(life);
      return state === 'stopped' ? to(life, 'launching') : stale(state, says);
    case 'running':
      if (state === 'launching' || state === 'stopped') return to(life, 'bootstrapping');
      return isUp(state) ? same(life) : stale(state, says);
    case 'stopping':
      return state === 'terminating' || state === 'stopped' ? stale(state, says) : down(life, 'stopping');
    case 'stopped':
      return state === 'terminating' ? stale(state, says) : down(life, 'stopped');
    case 'shutting-down':
      return end(life);
    case 'terminated':
      return down(life, 'terminated');
  }
}

/** Its processes are gone, and so is the job's hold. */
function down(life: Life, state: LifeState): Step {
  return to({ ...life, isLeased: false }, state);
}

function end(life: Life): Step {
  return down(life, 'terminating');
}

function isUp(state: LifeState): boolean {
  return (
    state === 'bootstrapping' || state === 'warm' || state === 'leased' || state === 'draining' || state === 'lost'
  );
}

function isIdle(state: LifeState): boolean {
  return state === 'warm' || state === 'draining';
}

function same(life: Life): Step {
  return { life };
}

function to(life: Life, state: LifeState): Step {
  return { life: { ...life, state } };
}

function wrong(state: LifeState, what: string): Step {
  return refuse(`it is ${state}, and can't ${what} now`);
}

function stale(state: LifeState, says: CloudState): Step {
  return refuse(`it is ${state}, and the cloud's answer "${says}" is older than that`);
}

function refuse(refused: string): Step {
  return { refused };
}
