import type { MegalithError } from '@megalith/agent';
import type { AgentAuthMethod, AnyAuthMethod, AuthenticationType, BaseAgent, NextAuthHandler } from 'ssh2';
import { connectionFailure, inWords, type Place } from './connection-failure.js';
import { fingerprintOf, keyTypeOf } from './host-key.js';
import { readPrivateKey } from './private-key.js';
import type { SshTarget } from './ssh-session.js';
import type { Ssh2 } from './ssh2-library.js';

/**
 * What is offered to a host, in order: each private key, then those of the SSH agent that were not offered yet. The first
 * key goes out at once, without asking which methods the host allows. A key that can't be read is passed over, since the
 * agent may hold it; why it can't be stands in the failure.
 */
export class Login {
  readonly #target: SshTarget;
  readonly #library: Ssh2;
  readonly #offered: string[] = [];
  readonly #blobs = new Set<string>();
  readonly #problems: { readonly problem: string; readonly hint: string }[] = [];
  readonly #agentStreams = new Set<{ destroy(): void }>();
  readonly #steps: Iterator<AnyAuthMethod, undefined>;
  #allowed: readonly string[] | undefined;
  #isHalfDone = false;

  constructor(target: SshTarget, library: Ssh2) {
    this.#target = target;
    this.#library = library;
    this.#steps = this.#methods();
  }

  /** The next thing to offer; `onExhausted` where nothing is left. In the form that `ssh2` calls. */
  next(
    allowed: readonly AuthenticationType[] | null,
    isPartial: boolean | null,
    offer: NextAuthHandler,
    onExhausted: () => void,
  ): void {
    if (allowed !== null) this.#allowed = allowed;
    if (isPartial === true) this.#isHalfDone = true;
    const step = this.#steps.next();
    if (step.done === true) onExhausted();
    else offer(step.value);
  }

  /** The agent could not be asked, or would not sign. */
  noteAgentProblem(error: Error): void {
    this.#problems.push({
      problem: `the SSH agent at "${this.#target.agentSocket}" failed (${error.message})`,
      hint: 'check that the SSH agent runs: ssh-add -l',
    });
  }

  /** Lets go of the SSH agent, whatever it is doing. */
  end(): void {
    for (const stream of this.#agentStreams) stream.destroy();
  }

  /**
   * Why nobody was let in. sshd does not tell an unknown user from a refused key, hence: `key` where keys were offered, or
   * could not be read; `user` where there was nothing to offer, or the host wants another method than a key.
   */
  refusal(place: Place, hostSaid?: string): MegalithError {
    const { user } = this.#target;
    const who = `${inWords(place)} does not let "${user}" in`;
    const details = { user, offered: this.#offered, ...(this.#allowed !== undefined && { allowed: this.#allowed }) };
    const problems = this.#problems.map(each => each.problem);
    const why = [...(hostSaid === undefined ? [] : [`it says "${hostSaid}"`]), ...problems].join('; ');
    const ending = why === '' ? '' : `; ${why}`;
    if (this.#isHalfDone || (this.#allowed !== undefined && !this.#allowed.includes('publickey')))
      return connectionFailure(
        place,
        'user',
        `${who} by a key alone: it wants ${this.#allowed?.join(' or ')}${ending}`,
        {
          hint: `let sshd accept public keys of "${user}" there (PubkeyAuthentication, AuthenticationMethods)`,
          details,
        },
      );
    if (this.#offered.length > 0)
      return connectionFailure(place, 'key', `${who}: it refused ${this.#offered.join(', ')}${ending}`, {
        hint: /too many/i.test(hostSaid ?? '')
          ? `the host stopped listening after several keys: name the right one as "identityFile" of "${this.#target.name}"`
          : `check the user name, and that the public key stands in ~/.ssh/authorized_keys of "${user}" there`,
        details,
      });
    const [problem] = this.#problems;
    if (problem !== undefined)
      return connectionFailure(place, 'key', `${who}: there is no usable key; ${problems.join('; ')}`, {
        hint: problem.hint,
        details,
      });
    return connectionFailure(place, 'user', `${who}: there is no key to offer${ending}`, {
      hint: `name a private key as "identityFile" of "${this.#target.name}", or load one into an SSH agent`,
      details,
    });
  }

  *#methods(): Generator<AnyAuthMethod, undefined> {
    const username = this.#target.user;
    for (const each of this.#target.keys) {
      const read = readPrivateKey(each, this.#library.utils.parseKey);
      if ('problem' in read) this.#problems.push(read);
      else if (this.#isNew(read.key.getPublicSSH(), read.path)) yield { type: 'publickey', username, key: read.key };
    }
    if (this.#target.agentSocket !== undefined) yield this.#agentMethod(this.#target.agentSocket);
    // Costs nothing that matters, since all has failed by now, and tells which methods the host would take.
    if (this.#allowed === undefined) yield { type: 'none', username };
    return undefined;
  }

  #agentMethod(socketPath: string): AgentAuthMethod {
    const agent = this.#library.createAgent(socketPath) as BaseAgent & Required<Pick<BaseAgent, 'getStream'>>;
    const getStream = agent.getStream.bind(agent);
    const getIdentities = agent.getIdentities.bind(agent);
    agent.getStream = callback =>
      getStream((error, stream) => {
        if (stream !== undefined) {
          this.#agentStreams.add(stream);
          stream.once('close', () => this.#agentStreams.delete(stream));
        }
        callback(error, stream);
      });
    agent.getIdentities = callback =>
      getIdentities((error, identities) => {
        if (error || identities === undefined) return callback(error ?? new Error('it names no keys'));
        const fresh = identities.filter(identity => {
          const parsed = this.#library.utils.parseKey(identity as Buffer);
          const key = Array.isArray(parsed) ? parsed[0] : parsed;
          return key !== undefined && !(key instanceof Error) && this.#isNew(key.getPublicSSH(), 'SSH agent');
        });
        callback(undefined, fresh);
      });
    return { type: 'agent', username: this.#target.user, agent };
  }

  #isNew(publicKey: Buffer, source: string): boolean {
    const fingerprint = fingerprintOf(publicKey);
    if (this.#blobs.has(fingerprint)) return false;
    this.#blobs.add(fingerprint);
    this.#offered.push(`${source} (${keyTypeOf(publicKey)} ${fingerprint})`);
    return true;
  }
}
