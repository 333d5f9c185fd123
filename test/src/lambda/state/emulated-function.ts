import { randomUUID } from 'node:crypto';
import { LambdaError } from '../wire/lambda-error.js';
import type { FunctionCode } from './function-code.js';
import type { FunctionConfig } from './function-config.js';

export const latest = '$LATEST';

/** A function as it is called: what sandboxes are made from. A change makes another. */
export interface FunctionVersion {
  readonly version: string;
  readonly config: FunctionConfig;
  readonly code: FunctionCode;
  readonly revision: string;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
}

/** One function, with its history. */
export class EmulatedFunction {
  readonly arn: string;
  readonly tags = new Map<string, string>();
  readonly published = new Map<string, FunctionVersion>();
  reserved: number | undefined;
  latest: FunctionVersion;
  /** When it is `Active`, epoch milliseconds. */
  readonly activeAt: number;
  /** When its last update is done. */
  #updatedAt: number;

  constructor(arn: string, config: FunctionConfig, code: FunctionCode, now: number, pendingMs: number) {
    this.arn = arn;
    this.latest = { version: latest, config, code, revision: randomUUID(), modifiedAt: now };
    this.activeAt = now + pendingMs;
    this.#updatedAt = 0;
  }

  state(now: number): 'Pending' | 'Active' {
    return now < this.activeAt ? 'Pending' : 'Active';
  }

  isUpdating(now: number): boolean {
    return now < this.#updatedAt;
  }

  /** @throws LambdaError while it is pending or another update is under way */
  update(change: Partial<Pick<FunctionVersion, 'config' | 'code'>>, now: number, pendingMs: number): void {
    this.mustBeAtRest(now);
    this.latest = { ...this.latest, ...change, revision: randomUUID(), modifiedAt: now };
    this.#updatedAt = now + pendingMs;
  }

  /** @throws LambdaError while it is pending or an update is under way */
  mustBeAtRest(now: number): void {
    if (this.state(now) === 'Pending') throw this.#inState('Pending');
    if (!this.isUpdating(now)) return;
    throw new LambdaError(
      'ResourceConflictException',
      `The operation cannot be performed at this time. An update is in progress for resource: ${this.arn}`,
    );
  }

  /** @throws LambdaError before it is active */
  mustBeActive(now: number): void {
    if (this.state(now) === 'Pending') throw this.#inState('Pending');
  }

  /** Makes the present state a version; the same code and configuration are the same version. */
  publish(): FunctionVersion {
    const last = [...this.published.values()].at(-1);
    if (last?.revision === this.latest.revision) return last;
    const version: FunctionVersion = { ...this.latest, version: String(this.published.size + 1) };
    this.published.set(version.version, version);
    return version;
  }

  versionOf(qualifier: string | undefined): FunctionVersion | undefined {
    return qualifier === undefined || qualifier === latest ? this.latest : this.published.get(qualifier);
  }

  #inState(state: string): LambdaError {
    return new LambdaError(
      'ResourceConflictException',
      `The operation cannot be performed at this time. The function is currently in the following state: ${state}`,
    );
  }
}
