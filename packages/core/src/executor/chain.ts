import { type Admit, type Complete, Input } from './input.js';
import { JobView } from './job-view.js';

/** The input that some items make. @param admit, complete see `Input` */
export function inputOf(items: unknown, admit?: Admit, complete?: Complete): Input {
  return new Input(itemsOf(items), admit, complete);
}

/** What some items are iterated over as; the items of a job are its values in input order, each as soon as it and those before it are there. */
export function itemsOf(items: unknown): unknown {
  if (!(items instanceof JobView)) return items;
  return items.ledger.isComplete ? [...items] : valuesInOrder(items);
}

async function* valuesInOrder(job: JobView<unknown>): AsyncGenerator<unknown, void, undefined> {
  job.collect();
  for (let index = 0; ; index++) {
    while (index >= job.ledger.total && !job.ledger.isOver) await job.ledger.changed();
    if (job.ledger.jobError !== undefined) throw job.ledger.jobError;
    if (index >= job.ledger.total) return;
    yield await job.future(index);
  }
}
