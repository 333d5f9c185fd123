/** What is asked of AWS Lambda: each call once, without retries, throwing what the SDK throws. Every one ends with its signal. */
export interface LambdaApi {
  /** Runs a function and waits for its answer. */
  invoke(name: string, payload: Uint8Array, signal: AbortSignal): Promise<InvokeAnswer>;
  getFunction(name: string, signal: AbortSignal): Promise<FunctionState>;
  createFunction(definition: FunctionDefinition, signal: AbortSignal): Promise<FunctionState>;
  deleteFunction(name: string, signal: AbortSignal): Promise<void>;
  /** Adds tags, or changes them. */
  tagFunction(arn: string, tags: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void>;
  /** One page of all functions of the region. */
  listFunctions(marker: string | undefined, signal: AbortSignal): Promise<FunctionPage>;
  /** Invocations at once that the account has left for functions without a part of their own. */
  unreservedConcurrency(signal: AbortSignal): Promise<number>;
  /** Ends the connections that are kept open. */
  close(): void;
}

export interface InvokeAnswer {
  /** Set where the function failed: the payload then says how. */
  readonly functionError?: string;
  readonly payload: Uint8Array;
  /** The end of its log, 4 KiB at most. */
  readonly logTail: string;
}

export interface FunctionState {
  readonly arn: string;
  readonly state: 'Pending' | 'Active' | 'Inactive' | 'Failed';
  /** Why it is not active. */
  readonly reason?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface FunctionDefinition {
  readonly name: string;
  readonly zip: Uint8Array;
  readonly handler: string;
  readonly runtime: string;
  readonly role: string;
  readonly arch: 'arm64' | 'x64';
  readonly memoryMib: number;
  readonly tmpMib: number;
  readonly timeoutMs: number;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ListedFunction {
  readonly name: string;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
  readonly memoryMib: number;
}

interface FunctionPage {
  readonly functions: readonly ListedFunction[];
  /** Where the next page begins; undefined after the last. */
  readonly next?: string;
}
