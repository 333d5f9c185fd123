import { MegalithError } from '@megalith/agent';

/** Tasks that ask for about the same memory. */
interface MemoryClass {
  /** The most that one of them asks for. */
  readonly memoryBytes: number;
  readonly count: number;
}

export interface MemoryClasses {
  /** The smallest first. */
  readonly classes: readonly MemoryClass[];
  /** The class of a task, by its index. */
  classOf(index: number): number;
}

/** Fewer classes would mix what belongs apart, more would be places of their own for nothing. */
const classesPerOctave = 1;

/**
 * Sorts the items of a list by what each asks for: in classes of a factor of two.
 * @throws MegalithError USAGE where the items are no list, or the size of one can't be told
 */
export function memoryClasses(items: unknown, memoryOf: (item: unknown, index: number) => number): MemoryClasses {
  if (!Array.isArray(items)) {
    throw new MegalithError('USAGE', '"memory" is a function, and the items are no list', {
      hint: 'give the items as an array: all sizes must be known before the job is placed',
    });
  }
  const steps = new Uint16Array(items.length);
  const byStep = new Map<number, { memoryBytes: number; count: number }>();
  for (const [index, item] of items.entries()) {
    const memoryBytes = memoryOf(item, index);
    if (!(memoryBytes > 0))
      throw new MegalithError('USAGE', `"memory" of item ${index} must be above 0, not ${memoryBytes}`);
    const step = Math.ceil(Math.log2(memoryBytes) * classesPerOctave);
    steps[index] = step;
    const known = byStep.get(step);
    if (known === undefined) byStep.set(step, { memoryBytes, count: 1 });
    else {
      known.memoryBytes = Math.max(known.memoryBytes, memoryBytes);
      known.count += 1;
    }
  }
  const order = [...byStep.keys()].sort((a, b) => a - b);
  const position = new Map(order.map((step, at) => [step, at]));
  return { classes: order.map(step => byStep.get(step)!), classOf: index => position.get(steps[index]!)! };
}
