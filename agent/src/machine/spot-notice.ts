import type { Interruption } from '../protocol/machine-messages.js';

export interface SpotWatchOptions {
  /** Called once, with the first notice. */
  readonly onNotice: (interruption: Interruption) => void;
  readonly onLog: (line: string) => void;
  /** @defaultValue EC2's metadata service */
  readonly metadataUrl?: string | undefined;
  /** @defaultValue 5 s */
  readonly pollMs?: number;
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html */
const metadataAddress = 'http://169.254.169.254';
const tokenLifeSeconds = 6 * 3600;
/** AWS recommends to look this often; the notice comes two minutes before the end. */
const defaultPollMs = 5000;
const deadlineMs = 2000;

/** Asks EC2's metadata service (IMDSv2) whether the machine is about to be taken back. @returns what ends the asking */
export function watchSpotNotice(options: SpotWatchOptions): () => void {
  const { onNotice, onLog, metadataUrl = metadataAddress, pollMs = defaultPollMs } = options;
  const source = new MetadataService(metadataUrl);
  let isEnded = false;
  let isTold = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    try {
      const text = await source.read('/latest/meta-data/spot/instance-action');
      const interruption = text === undefined ? undefined : parseNotice(text);
      if (isEnded) return;
      if (interruption !== undefined) {
        onNotice(interruption);
        return;
      }
      isTold = false;
    } catch (error) {
      if (isEnded) return;
      if (!isTold) onLog(`whether this machine is to be taken back is not known: ${inWords(error)}`);
      isTold = true;
    }
    timer = setTimeout(() => void look(), pollMs).unref();
  };
  void look();
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}

class MetadataService {
  readonly #url: string;
  #token: { readonly text: string; readonly renewAt: number } | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** Undefined where there is no such item. */
  async read(path: string): Promise<string | undefined> {
    let answer = await this.#get(path);
    // A token dies with the service's memory: after a stop and start it knows it no more.
    if (answer.status === 401) {
      this.#token = undefined;
      answer = await this.#get(path);
    }
    const text = await answer.text();
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new Error(`the metadata service answered ${answer.status}`);
    return text;
  }

  async #get(path: string): Promise<Response> {
    const token = await this.#validToken();
    return await this.#fetch(path, { headers: { 'X-aws-ec2-metadata-token': token } });
  }

  async #validToken(): Promise<string> {
    if (this.#token !== undefined && performance.now() < this.#token.renewAt) return this.#token.text;
    const answer = await this.#fetch('/latest/api/token', {
      method: 'PUT',
      headers: { 'X-aws-ec2-metadata-token-ttl-seconds': String(tokenLifeSeconds) },
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the metadata service gave no token: ${answer.status}`);
    this.#token = { text, renewAt: performance.now() + (tokenLifeSeconds * 1000) / 2 };
    return text;
  }

  #fetch(path: string, init: RequestInit): Promise<Response> {
    return fetch(this.#url + path, { ...init, signal: AbortSignal.timeout(deadlineMs), redirect: 'error' });
  }
}

/** `{"action": "terminate", "time": "2017-09-18T08:22:00Z"}` @throws Error for anything else */
export function parseNotice(text: string): Interruption {
  const { action, time } = JSON.parse(text) as Record<string, unknown>;
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if (typeof action !== 'string' || Number.isNaN(at)) throw new Error(`the notice is not understood: ${text}`);
  return { action, at };
}

function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
