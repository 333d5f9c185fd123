import { describe, expect, it } from 'vitest';
import { cloudError } from './cloud-error.js';
import { fleetRefused, launchAgain } from './launch-again.js';

const thrown = (code: string) => cloudError('CreateFleet', Object.assign(new Error(code), { name: code }));

/** Fails with these, one after the other, then succeeds. */
async function launch(...errors: Error[]): Promise<{ readonly tries: number; readonly forgotten: number }> {
  let [tries, forgotten] = [0, 0];
  await launchAgain(
    async () => {
      const error = errors[tries++];
      if (error !== undefined) throw error;
    },
    { forget: () => void forgotten++, pauseMs: 1 },
  );
  return { tries, forgotten };
}

describe('a launch that named what is not there', () => {
  it.each([
    thrown('InvalidKeyPair.NotFound'),
    thrown('InvalidGroup.NotFound'),
    thrown('InvalidAMIID.NotFound'),
    fleetRefused({ code: 'InvalidGroup.NotFound' }, 'us-east-1'),
    fleetRefused({ code: 'InternalError' }, 'us-east-1'),
    fleetRefused({ code: 'RequestLimitExceeded' }, 'us-east-1'),
  ])('is made again after all was found out anew: %s', async error => {
    expect(await launch(error, error)).toEqual({ tries: 3, forgotten: 2 });
    await expect(launch(error, error, error)).rejects.toBe(error);
  });

  it.each([
    thrown('UnauthorizedOperation'),
    thrown('InternalError'),
    fleetRefused({ code: 'InvalidParameterValue' }, 'r'),
  ])('is not, for other reasons: %s', async error => {
    await expect(launch(error)).rejects.toBe(error);
  });

  it('ends with its signal', async () => {
    const failed = launchAgain(() => Promise.reject(thrown('InvalidGroup.NotFound')), {
      forget: () => undefined,
      signal: AbortSignal.abort(),
    });
    await expect(failed).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
