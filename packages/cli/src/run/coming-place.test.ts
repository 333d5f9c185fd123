import { expect, it } from 'vitest';
import { ComingPlace } from './coming-place.js';

it('words of a place last until the job is there, and are new once each', () => {
  const place = new ComingPlace();
  expect(place.words).toBeUndefined();
  expect(place.hear({ type: 'placing', job: 'a1', message: 'it boots' })).toBe('it boots');
  expect(place.hear({ type: 'queued', job: 'a1', taskCount: 1 })).toBeUndefined();
  expect(place.words).toBe('it boots');
  place.hear({ type: 'started', job: 'a1', index: 0, attempt: 1, at: 0 });
  expect(place.words).toBeUndefined();
});
