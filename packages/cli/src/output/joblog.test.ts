import { expect, it } from 'vitest';
import { joblogHeader, joblogLine } from './joblog.js';

const entry = {
  sequence: 12,
  host: ':',
  startedAt: 1_795_247_296_279.4,
  runtimeMs: 1204.6,
  bytesSent: 0,
  bytesReceived: 6,
  exitCode: 3,
  signal: 0,
  command: "echo x 'a b'",
};

it('writes the columns that GNU parallel writes', () => {
  expect(joblogHeader).toBe('Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n');
  expect(joblogLine(entry)).toBe("12\t:\t1795247296.279\t     1.205\t0\t6\t3\t0\techo x 'a b'\n");
});

it('keeps a command with line ends on one line', () => {
  expect(joblogLine({ ...entry, command: 'a\tb\nc' }).split('\n')).toHaveLength(2);
});
