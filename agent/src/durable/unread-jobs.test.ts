import { expect, test } from 'vitest';
import { UnreadJobs } from './unread-jobs.js';

test('a job that ended unseen is unread until somebody reads it', () => {
  const jobs = new UnreadJobs();
  jobs.over('a');
  jobs.over('b');
  expect(jobs.size).toBe(2);
  jobs.read('a');
  jobs.read('a');
  expect(jobs.size).toBe(1);
});

test('a job that was read along never is', () => {
  const jobs = new UnreadJobs();
  jobs.readAlong('a');
  jobs.over('a');
  jobs.over('b');
  jobs.read('b');
  expect(jobs.size).toBe(0);
});
