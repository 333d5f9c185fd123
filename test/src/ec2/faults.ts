import { ApiError } from './wire/api-error.js';
import type { Params } from './wire/params.js';

/** What goes wrong, where. */
export type Fault = FaultPlace & FaultKind;

interface FaultPlace {
  /** The API's name of the call: `RunInstances`; `*` is every call. */
  readonly action: string;
  /** @defaultValue always */
  readonly when?: (params: Params) => boolean;
  /** @defaultValue until it is removed */
  readonly times?: number;
}

type FaultKind =
  /** The call is refused, nothing is done. `status` is HTTP's; by default AWS's for the code. */
  | { readonly kind: 'error'; readonly code: string; readonly message?: string; readonly status?: number }
  /** `InvalidInstanceID.NotFound` for the ids of the request, though they are there; nothing is done. */
  | { readonly kind: 'not-found' }
  /** The connection breaks before anything is done. */
  | { readonly kind: 'request-lost' }
  /** All is done as asked, and the connection breaks in place of the reply. */
  | { readonly kind: 'reply-lost' }
  /** All is done as asked at once, the reply comes later. */
  | { readonly kind: 'reply-late'; readonly ms: number }
  /** All is done as asked, and no reply ever comes. */
  | { readonly kind: 'reply-hung' }
  /** No room in a pool; globs such as `r6*`. `available` instances of ours may still run there. */
  | NoCapacity
  /** At most so many instances of the call are launched; the rest lacks capacity. */
  | { readonly kind: 'partial'; readonly count: number }
  /** What the call creates lacks the tags it asked for: these, or all. */
  | { readonly kind: 'tags-lost'; readonly keys?: readonly string[] }
  /** What the call creates is not seen by others for so long. */
  | { readonly kind: 'unseen'; readonly ms: number }
  /** The cloud's clock, as launch times show it, is ahead of ours by so much. */
  | { readonly kind: 'clock-skew'; readonly ms: number }
  /** Instances stay `pending` for so long beyond `bootMs`. */
  | { readonly kind: 'slow-boot'; readonly ms: number }
  /** Instances go from `pending` to `terminated`, with this reason. */
  | { readonly kind: 'boot-fails'; readonly code?: string };

interface NoCapacity {
  readonly kind: 'no-capacity';
  readonly type?: string;
  readonly zone?: string;
  readonly market?: 'on-demand' | 'spot';
  /** @defaultValue 0 */
  readonly available?: number;
  /** @defaultValue 'InsufficientInstanceCapacity' */
  readonly code?: string;
}

export interface FaultHandle {
  /** How often it struck. */
  readonly hits: number;
  remove(): void;
}

interface Standing {
  readonly fault: Fault;
  hits: number;
}

export class Faults {
  #standing: Standing[] = [];

  add(fault: Fault): FaultHandle {
    const standing: Standing = { fault, hits: 0 };
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

  /** What strikes one request. */
  of(action: string, params: Params): RequestFaults {
    return new RequestFaults(
      this.#standing.filter(
        ({ fault }) => (fault.action === '*' || fault.action === action) && (fault.when?.(params) ?? true),
      ),
    );
  }
}

type Kind = Fault['kind'];

/** The faults of one request; each counts as a hit when it is asked for, once a request. */
export class RequestFaults {
  readonly #standing: readonly Standing[];
  readonly #struck = new Map<Kind, Standing>();

  constructor(standing: readonly Standing[]) {
    this.#standing = standing;
  }

  /** Which kinds struck. */
  get struck(): readonly Kind[] {
    return [...this.#struck.keys()];
  }

  take<K extends Kind>(kind: K): Extract<Fault, { kind: K }> | undefined {
    const known = this.#struck.get(kind) ?? this.#standing.find(one => one.fault.kind === kind && isLeft(one));
    return known === undefined ? undefined : (this.#strike(known) as Extract<Fault, { kind: K }>);
  }

  /** The first lack of room in this pool, where `running` instances of ours are; undefined where there is room for `count` more. */
  lackOf(
    pool: { type: string; zone: string; market: string },
    running: () => number,
  ): { room: number; code: string } | undefined {
    for (const standing of this.#standing) {
      const { fault } = standing;
      if (fault.kind !== 'no-capacity' || !(isLeft(standing) || this.#struck.get(fault.kind) === standing)) continue;
      const fits =
        matches(fault.type, pool.type) && matches(fault.zone, pool.zone) && matches(fault.market, pool.market);
      if (!fits) continue;
      this.#strike(standing);
      return {
        room: Math.max(0, (fault.available ?? 0) - running()),
        code: fault.code ?? 'InsufficientInstanceCapacity',
      };
    }
    return undefined;
  }

  /** @throws ApiError where the call is to be refused */
  refuse(instanceIds: readonly string[]): void {
    const error = this.take('error');
    if (error !== undefined)
      throw new ApiError(error.code, error.message ?? `${error.code}, as the test wants it.`, error.status);
    if (instanceIds.length > 0 && this.take('not-found') !== undefined) throw noSuchInstances(instanceIds);
  }

  #strike(standing: Standing): Fault {
    const { kind } = standing.fault;
    if (this.#struck.get(kind) !== standing) {
      standing.hits++;
      this.#struck.set(kind, standing);
    }
    return standing.fault;
  }
}

function isLeft({ fault, hits }: Standing): boolean {
  return hits < (fault.times ?? Number.POSITIVE_INFINITY);
}

export function noSuchInstances(ids: readonly string[]): ApiError {
  return new ApiError(
    'InvalidInstanceID.NotFound',
    ids.length === 1
      ? `The instance ID '${ids[0]}' does not exist`
      : `The instance IDs '${ids.join(', ')}' do not exist`,
  );
}

/** Whether a glob of `*` and `?` stands for this text; none stands for any. */
export function matches(glob: string | undefined, text: string): boolean {
  if (glob === undefined) return true;
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`, 's').test(text);
}
