import { LambdaError, type ThrottleReason, throttled } from './wire/lambda-error.js';

/** What goes wrong, where. */
export type Fault = FaultPlace & FaultKind;

interface FaultPlace {
  /** The API's name of the call: `Invoke`; `*` is every call. */
  readonly action: string;
  /** @defaultValue every function */
  readonly functionName?: string;
  /** Each call that matches counts, and every so-manyth is struck. @defaultValue 1, which is each */
  readonly every?: number;
  /** @defaultValue until it is removed */
  readonly times?: number;
}

type FaultKind =
  /** The call is refused, nothing is done. `status` is HTTP's; by default AWS's for the code. */
  | { readonly kind: 'error'; readonly code: string; readonly message?: string; readonly status?: number }
  | { readonly kind: 'throttle'; readonly reason?: ThrottleReason; readonly retryAfterSeconds?: number }
  /** `The role defined for the function cannot be assumed by Lambda.`, as for some seconds after the role was made. */
  | { readonly kind: 'role-not-ready' }
  /** The connection breaks before anything is done. */
  | { readonly kind: 'request-lost' }
  /** All is done as asked, and the connection breaks in place of the reply. */
  | { readonly kind: 'reply-lost' }
  /** All is done as asked at once, the reply comes later. */
  | { readonly kind: 'reply-late'; readonly ms: number }
  /** All is done as asked, and no reply ever comes. */
  | { readonly kind: 'reply-hung' }
  /** The function's runtime is killed so long after its call began. */
  | { readonly kind: 'killed'; readonly afterMs: number }
  /** Request and reply take as long as their bytes do at this rate. */
  | { readonly kind: 'slow-network'; readonly bytesPerSecond: number };

type Kind = Fault['kind'];

export interface FaultHandle {
  /** How often it struck. */
  readonly hits: number;
  remove(): void;
}

interface Standing {
  readonly fault: Fault;
  matched: number;
  hits: number;
}

export class Faults {
  #standing: Standing[] = [];

  add(fault: Fault): FaultHandle {
    const standing: Standing = { fault, matched: 0, hits: 0 };
    this.#standing.push(standing);
    return {
      get hits() {
        return standing.hits;
      },
      remove: () => {
        this.#standing = this.#standing.filter(other => other !== standing);
      },
    };
  }

  clear(): void {
    this.#standing = [];
  }

  /** What strikes one call. */
  of(action: string, functionName: string): CallFaults {
    const striking = this.#standing.filter(standing => {
      const { fault } = standing;
      if (fault.action !== '*' && fault.action !== action) return false;
      if (fault.functionName !== undefined && fault.functionName !== functionName) return false;
      standing.matched++;
      return standing.matched % (fault.every ?? 1) === 0 && standing.hits < (fault.times ?? Number.POSITIVE_INFINITY);
    });
    return new CallFaults(striking);
  }
}

/** The faults of one call; each counts as a hit when it is asked for, once a call. */
export class CallFaults {
  readonly #standing: readonly Standing[];
  readonly #struck = new Set<Standing>();

  constructor(standing: readonly Standing[]) {
    this.#standing = standing;
  }

  /** Which kinds struck. */
  get struck(): readonly Kind[] {
    return [...this.#struck].map(({ fault }) => fault.kind);
  }

  take<K extends Kind>(kind: K): Extract<Fault, { kind: K }> | undefined {
    const found = this.#standing.find(({ fault }) => fault.kind === kind);
    if (found === undefined) return undefined;
    if (!this.#struck.has(found)) found.hits++;
    this.#struck.add(found);
    return found.fault as Extract<Fault, { kind: K }>;
  }

  /** @throws LambdaError where the call is to be refused */
  refuse(): void {
    const error = this.take('error');
    if (error !== undefined) {
      const { code, message = `${code}, as the test wants it.`, status } = error;
      throw new LambdaError(code, message, status === undefined ? {} : { status });
    }
    const throttle = this.take('throttle');
    if (throttle !== undefined)
      throw throttled(throttle.reason ?? 'ConcurrentInvocationLimitExceeded', throttle.retryAfterSeconds);
    if (this.take('role-not-ready') !== undefined) {
      throw new LambdaError(
        'InvalidParameterValueException',
        'The role defined for the function cannot be assumed by Lambda.',
      );
    }
  }
}
