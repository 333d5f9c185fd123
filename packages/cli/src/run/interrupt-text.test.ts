import { expect, it } from 'vitest';
import { cancellingText, type Interrupted, leavingText } from './interrupt-text.js';

const here: Interrupted = { job: 'a1', place: 'here', isPlacing: false, grace: undefined };
const far: Interrupted = { ...here, place: 'machines' };
const called: Interrupted = { ...here, place: 'functions' };
const placing = { ...far, isPlacing: true };

it('whoever interrupts is told what is waited for, and what once more does', () => {
  expect(cancellingText(here)).toBe('cancelling: tasks have 2s to end; once more to kill them at once');
  expect(cancellingText({ ...far, grace: '1m' })).toMatch(/^cancelling: tasks on machines have 1m to end; /);
  expect(cancellingText(called)).toMatch(/^cancelling: nothing more is called/);
  expect(cancellingText(placing)).toMatch(/^cancelling: the machine that was to be made is ended; /);
});

it('whoever does not wait is told what is left, and what will end it', () => {
  expect(leavingText(here)).toBeUndefined();
  expect(leavingText({ ...far, job: undefined })).toBeUndefined();
  expect(leavingText(far)).toContain('megalith jobs show a1');
  expect(leavingText(called)).toMatch(/^left: calls that run are paid for/);
  expect(leavingText(placing)).toMatch(/a machine may be up .*"megalith dismantle --watch"; .*maxLifetime/);
});
