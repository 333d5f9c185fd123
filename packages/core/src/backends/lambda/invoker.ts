import { MegalithError } from '@megalith/agent';
import { afterTrouble } from './after-trouble.js';
import type { World } from './control-call.js';
import { InvocationWindow, type Pass } from './invocation-window.js';
import type { InvokeAnswer, LambdaApi } from './lambda-api.js';
import { lambdaError, lambdaErrorClass, retryAfterMs } from './lambda-error.js';

/** What became of a call. */
export type CallEnd =
  | { readonly kind: 'answered'; readonly answer: InvokeAnswer; readonly tookMs: number }
  /** It may have run: nobody knows. */
  | { readonly kind: 'lost'; readonly error: MegalithError; readonly tookMs: number }
  /** It did not run, and no other call would. */
  | { readonly kind: 'refused'; readonly error: MegalithError }
  /** More than a call can carry. */
  | { readonly kind: 'tooLarge' }
  /** By whoever wanted it. `tookMs` is set where it was out: it may run on, and is paid for. */
  | { readonly kind: 'cancelled'; readonly tookMs?: number };

/** The function that a call is for. */
export interface CallTarget {
  /** Its name, once it is there. */
  ready(): Promise<string>;
  /** It is not there, though it was: another is to be made. */
  gone(): Promise<void>;
}

export interface WantedCall {
  readonly target: CallTarget;
  /** Makes what is sent, once there is room for the call; undefined where it would be too large. */
  readonly pack: () => Promise<Uint8Array | undefined>;
  readonly signal: AbortSignal;
  /** Hears when the call is with AWS, and when it came back unlooked at. */
  readonly onSent?: (isOut: boolean) => void;
}

export interface InvokerSetup {
  readonly api: LambdaApi;
  readonly world: World;
  /** Calls at once, at most. */
  readonly most: number;
  /** At first. @defaultValue see `InvocationWindow` */
  readonly first?: number;
}

/** A call that had no answer. */
interface Trouble {
  readonly error: unknown;
  readonly sentAt: number;
}

/** What a call went through. Times are the world's. */
interface CallHistory {
  readonly beganAt: number;
  tried: number;
  /** Since when something else than throttling kept it from being answered. */
  troubledAt?: number;
  isRemade: boolean;
}

const widenEveryMs = 250;

/** Calls functions, as many at once as the account lets through. A call that AWS did not look at is sent again until it is looked at, or cancelled. */
export class Invoker {
  readonly #api: LambdaApi;
  readonly #world: World;
  readonly #window: InvocationWindow;
  /** Calls that wait to be let in, the oldest first. */
  readonly #queue: ((pass: Pass) => void)[] = [];
  /** Calls that were refused, and rest. */
  #resting = 0;
  readonly #listeners = new Set<() => void>();
  #lastAnswerAt = Number.NEGATIVE_INFINITY;
  #wasReached = false;
  #widening: NodeJS.Timeout | undefined;

  constructor(setup: InvokerSetup) {
    this.#api = setup.api;
    this.#world = setup.world;
    this.#window = new InvocationWindow(setup, setup.world.now());
  }

  /** Calls that may begin now, beside those that wait to be sent again. */
  get free(): number {
    return Math.max(0, this.#window.free - this.#queue.length - this.#resting);
  }

  /** What the account allows has become known. */
  limit(most: number): void {
    this.#window.limit(most);
    this.#look();
  }

  /** Hears when there may be room for more. @returns ends that */
  onRoom(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * One call to its end, however often it has to be sent. It counts as begun at once where there is room.
   * Rejects only with what `pack` throws, and with bugs: whatever AWS does is in the end that it gives.
   */
  async invoke(call: WantedCall): Promise<CallEnd> {
    const history: CallHistory = { beganAt: this.#world.now(), tried: 0, isRemade: false };
    let payload: Uint8Array | undefined;
    for (;;) {
      const pass = await this.#admitted(call.signal);
      if (pass === undefined) {
        // One that was resting gives up its place there.
        this.#look();
        return { kind: 'cancelled' };
      }
      let sent: CallEnd | Trouble;
      try {
        payload ??= await call.pack();
        sent = payload === undefined ? { kind: 'tooLarge' } : await this.#send(call, payload);
      } catch (error) {
        this.#back(pass);
        throw error;
      }
      if ('kind' in sent) {
        if (sent.kind === 'answered') this.#answered();
        else this.#back(pass);
        return sent;
      }
      const end = await this.#after(call, pass, sent, history);
      if (end !== undefined) return end;
    }
  }

  async #send({ target, signal, onSent }: WantedCall, payload: Uint8Array): Promise<CallEnd | Trouble> {
    let name: string;
    try {
      name = await target.ready();
    } catch (error) {
      return { kind: 'refused', error: lambdaError('CreateFunction', error) };
    }
    if (signal.aborted) return { kind: 'cancelled' };
    const sentAt = this.#world.now();
    onSent?.(true);
    try {
      const answer = await this.#api.invoke(name, payload, signal);
      return { kind: 'answered', answer, tookMs: this.#world.now() - sentAt };
    } catch (error) {
      onSent?.(false);
      return { error, sentAt };
    }
  }

  /** What becomes of a call that had no answer: its end, or undefined once it may be sent again. */
  async #after(call: WantedCall, pass: Pass, trouble: Trouble, history: CallHistory): Promise<CallEnd | undefined> {
    const { target, signal } = call;
    const { error, sentAt } = trouble;
    const kind = signal.aborted ? 'aborted' : lambdaErrorClass(error);
    const next = this.#next(kind, trouble, history);
    const mayGoOn = !signal.aborted && (next.step === 'again' || next.step === 'remake');
    // Before it is out of the window: its place there is not for a new call.
    if (mayGoOn) this.#resting += 1;
    this.#back(pass, kind === 'throttled');
    if (kind === 'aborted' && signal.aborted) return { kind: 'cancelled', tookMs: this.#world.now() - sentAt };
    if (next.step === 'lost') return { kind: 'lost', error: lost(error), tookMs: this.#world.now() - sentAt };
    if (next.step === 'refused') return { kind: 'refused', error: lambdaError('Invoke', error) };
    if (next.step === 'tooLarge') return { kind: 'tooLarge' };
    try {
      // Who heard of the room may have cancelled this call.
      signal.throwIfAborted();
      if (next.step === 'again') await this.#world.sleep(next.pauseMs, signal);
      else await target.gone();
    } catch (ended) {
      if (!signal.aborted) throw ended;
    } finally {
      this.#resting -= 1;
    }
    history.isRemade ||= next.step === 'remake';
    return undefined;
  }

  #next(kind: ReturnType<typeof lambdaErrorClass>, { error, sentAt }: Trouble, history: CallHistory) {
    const now = this.#world.now();
    history.tried += 1;
    if (kind !== 'throttled') history.troubledAt ??= sentAt;
    if (kind !== 'notRun') this.#wasReached = true;
    return afterTrouble({
      kind,
      tried: history.tried,
      random: this.#world.random(),
      retryAfterMs: retryAfterMs(error),
      unansweredMs: now - Math.max(history.beganAt, this.#lastAnswerAt),
      troubledMs: now - (history.troubledAt ?? now),
      wasReached: this.#wasReached,
      isRemade: history.isRemade,
    });
  }

  /** Leave to send one call; undefined where it was cancelled while it waited. */
  #admitted(signal: AbortSignal): Promise<Pass | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    if (this.#window.free > 0 && this.#queue.length === 0) return Promise.resolve(this.#enter());
    return new Promise(resolve => {
      const admit = (pass: Pass): void => {
        signal.removeEventListener('abort', leave);
        resolve(pass);
      };
      const leave = (): void => {
        this.#queue.splice(this.#queue.indexOf(admit), 1);
        resolve(undefined);
        this.#look();
      };
      this.#queue.push(admit);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #enter(): Pass {
    this.#widening ??= setInterval(() => this.#widen(), widenEveryMs).unref();
    return this.#window.enter();
  }

  #answered(): void {
    this.#window.leave();
    this.#lastAnswerAt = this.#world.now();
    this.#wasReached = true;
    this.#look();
  }

  /** A call has come back without an answer. */
  #back(pass: Pass, wasThrottled = false): void {
    if (wasThrottled) this.#window.refused(pass, this.#world.now());
    else this.#window.withdraw();
    this.#look();
  }

  #widen(): void {
    if (this.#window.widen(this.#world.now())) this.#look();
  }

  /** Lets in those that wait, then tells those that have more. */
  #look(): void {
    while (this.#window.free > 0 && this.#queue.length > 0) this.#queue.shift()?.(this.#enter());
    if (this.#window.out === 0) {
      clearInterval(this.#widening);
      this.#widening = undefined;
    }
    const [first, ...others] = this.#listeners;
    if (first === undefined) return;
    // Each is the first in its turn: else one job with enough tasks would have every place that comes free.
    this.#listeners.delete(first);
    this.#listeners.add(first);
    for (const listener of [first, ...others]) listener();
  }
}

function lost(error: unknown): MegalithError {
  const { message, details } = lambdaError('Invoke', error);
  return new MegalithError('AGENT_LOST', `the answer of the function was lost: ${message}`, {
    hint: 'the task may have run: with `retries` it is tried again',
    ...(details === undefined ? {} : { details }),
    cause: error,
  });
}
