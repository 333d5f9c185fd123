import type { ClientConnection } from '../host/client-connection.js';
import { frameType } from '../protocol/frame.js';
import type { EntrySink } from './job-reader.js';

/** Where the entries of a durable job go that one client reads, under the client's own number for it. */
export function clientSink(connection: ClientConnection, number: number, onOver: () => void): EntrySink {
  return {
    entry(lane, end, parts) {
      const head = Buffer.allocUnsafe(16);
      head.writeUInt32LE(number, 0);
      head.writeUInt32LE(lane === 'logs' ? 1 : 0, 4);
      head.writeDoubleLE(end, 8);
      return connection.sendFrame(frameType.entries, [head, ...parts]);
    },
    drained: () => new Promise(resolve => connection.onDrained(resolve)),
    over(failure) {
      if (failure === undefined) connection.send({ type: 'jobEnded', job: number, peakSlots: 0 });
      else connection.send({ type: 'jobFailed', job: number, failure });
      onOver();
    },
  };
}
