/** A script for `node --require` that sets the clock of a program, and of what it starts, ahead. */
export function shiftedClock(offsetMs: number): string {
  return `'use strict';
const RealDate = Date;
const now = () => RealDate.now() + ${offsetMs};
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, self) => Reflect.construct(target, args.length === 0 ? [now()] : args, self),
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
RealDate.prototype.constructor = globalThis.Date;
Object.defineProperty(performance, 'timeOrigin', { value: performance.timeOrigin + ${offsetMs} });
`;
}
