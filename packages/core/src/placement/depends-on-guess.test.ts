import { expect, it } from 'vitest';
import { dependsOnGuess } from './depends-on-guess.js';
import { unknownProfile } from './job-profile.js';
import { defaultPolicy } from './policy.js';
import { functionCandidate, hereCandidate, hostCandidate, newCandidate, plannedJob } from './testing/candidates.js';

const unknown = plannedJob({ profile: unknownProfile });
const bothClouds = [functionCandidate(1769), newCandidate({ usdPerHour: 0.04 })];

it('a guess matters where short tasks go elsewhere than long ones', () => {
  expect(dependsOnGuess(unknown, bothClouds, defaultPolicy)).toBe(true);
  expect(dependsOnGuess(plannedJob(), bothClouds, defaultPolicy)).toBe(false);
});

it('a guess does not matter where nothing beats what is free', () => {
  expect(dependsOnGuess(unknown, [hereCandidate(), hostCandidate(), ...bothClouds], defaultPolicy)).toBe(false);
});

it('a guess matters where a deadline may need more than what is free', () => {
  const goal = { objective: 'cost', deadlineMs: 60_000 } as const;
  const candidates = [hereCandidate(), ...bothClouds];
  expect(dependsOnGuess({ ...unknown, goal, taskCount: 100 }, candidates, defaultPolicy)).toBe(true);
  expect(dependsOnGuess({ ...unknown, goal, taskCount: 100 }, [hereCandidate()], defaultPolicy)).toBe(false);
});
