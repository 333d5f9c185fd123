import { labels } from '@megalith/core';
import { expect, it } from 'vitest';
import { jobFlags } from './job-flags.js';

it('offers every label that there is', () => {
  expect(jobFlags.label.options).toEqual(labels);
});
