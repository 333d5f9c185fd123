import type { LambdaOptions } from '../lambda-emulator.js';
import { LambdaError } from '../wire/lambda-error.js';
import { EmulatedFunction } from './emulated-function.js';
import type { FunctionCode } from './function-code.js';
import type { FunctionConfig } from './function-config.js';

const gibibyte = 2 ** 30;

/** All functions of an account in one region. */
export class Account {
  readonly id: string;
  readonly region: string;
  readonly functions = new Map<string, EmulatedFunction>();
  readonly now: () => number;
  readonly #pendingMs: number;
  readonly codeStorageBytes: number;
  readonly pageSize: number;
  concurrency: number;

  constructor(options: LambdaOptions) {
    this.id = options.account ?? '123456789012';
    this.region = options.region ?? 'us-east-1';
    this.now = options.now ?? Date.now;
    this.#pendingMs = options.pendingMs ?? 20;
    this.codeStorageBytes = options.codeStorageBytes ?? 75 * gibibyte;
    this.pageSize = options.pageSize ?? 50;
    this.concurrency = options.concurrency ?? 1000;
  }

  arnOf(name: string): string {
    return `arn:aws:lambda:${this.region}:${this.id}:function:${name}`;
  }

  /** @throws LambdaError where the name is taken, or there is no room for its code */
  create(config: FunctionConfig, code: FunctionCode): EmulatedFunction {
    if (this.functions.has(config.name)) {
      throw new LambdaError('ResourceConflictException', `Function already exist: ${config.name}`);
    }
    this.mustHaveRoom(code);
    const made = new EmulatedFunction(this.arnOf(config.name), config, code, this.now(), this.#pendingMs);
    this.functions.set(config.name, made);
    return made;
  }

  /** @throws LambdaError while another change is under way */
  update(one: EmulatedFunction, change: { readonly config?: FunctionConfig; readonly code?: FunctionCode }): void {
    if (change.code !== undefined) this.mustHaveRoom(change.code);
    one.update(change, this.now(), this.#pendingMs);
  }

  /** @throws LambdaError for code that is too much for the account */
  mustHaveRoom({ byteLength }: FunctionCode): void {
    if (this.codeBytes + byteLength > this.codeStorageBytes) {
      throw new LambdaError('CodeStorageExceededException', 'Code storage limit exceeded.');
    }
  }

  /** Of everything that is stored. */
  get codeBytes(): number {
    let sum = 0;
    for (const { latest, published } of this.functions.values()) {
      for (const { code } of [latest, ...published.values()]) sum += code.byteLength;
    }
    return sum;
  }

  /** Calls at once that no function has for itself. */
  get unreservedConcurrency(): number {
    let reserved = 0;
    for (const one of this.functions.values()) reserved += one.reserved ?? 0;
    return this.concurrency - reserved;
  }

  /**
   * A function by name, ARN or part of an ARN, with the version that is in it.
   * @throws LambdaError where there is none, or it would be in another account or region
   */
  find(
    written: string,
    qualifier?: string,
  ): { readonly one: EmulatedFunction; readonly qualifier: string | undefined } {
    const parts =
      /^(?:arn:aws:lambda:([^:]*):)?(?:(\d{12}):)?(?:function:)?([A-Za-z0-9-_]+)(?::([A-Za-z0-9$_-]+))?$/.exec(written);
    const [, region = this.region, id = this.id, name = written, inside] = parts ?? [];
    const wanted = qualifier ?? inside;
    if (region !== this.region || id !== this.id) {
      throw new LambdaError('AccessDeniedException', `User is not authorized to perform this on resource: ${written}`);
    }
    const one = this.functions.get(name);
    const arn = this.arnOf(name) + (wanted === undefined ? '' : `:${wanted}`);
    if (one?.versionOf(wanted) === undefined) {
      throw new LambdaError('ResourceNotFoundException', `Function not found: ${arn}`, { fields: { Type: 'User' } });
    }
    return { one, qualifier: wanted };
  }
}
