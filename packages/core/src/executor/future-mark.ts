/**
 * The mark by which the task runner knows a future that a task returned, whichever copy of this package made it:
 * it then waits for it inside the worker, and its value becomes the task's.
 */
export const futureMark: unique symbol = Symbol.for('megalith.future') as never;
