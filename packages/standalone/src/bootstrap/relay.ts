import type { Duplex } from 'node:stream';
import { MegalithError } from '@megalith/agent';
import type { SshSession } from '../ssh/ssh-session.js';
import { shellQuote } from './shell-quote.js';

export interface RelayPlace {
  readonly nodePath: string;
  readonly agentPath: string;
  readonly socketPath: string;
}

/**
 * A stream to an agent's socket through a command of the host. Where the command fails, the stream ends with
 * MegalithError SSH_FAILED, `details.layer` `'forward'`.
 * @throws MegalithError SSH_FAILED
 */
export async function openRelay(session: SshSession, { nodePath, agentPath, socketPath }: RelayPlace): Promise<Duplex> {
  const command = await session.start([nodePath, agentPath, 'relay', socketPath].map(shellQuote).join(' '));
  let lastWords = '';
  command.stderr.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-2000);
  });
  command.ended.then(
    ({ code }) => {
      if (code === 0) return;
      const { name } = session.target;
      const said = lastWords.trim() === '' ? '' : `: ${lastWords.trim()}`;
      const reason = `the relay to the agent of "${name}" ended with ${code === undefined ? 'a signal' : `code ${code}`}${said}`;
      command.stream.destroy(new MegalithError('SSH_FAILED', reason, { details: { layer: 'forward', host: name } }));
    },
    (error: Error) => command.stream.destroy(error),
  );
  return command.stream;
}
