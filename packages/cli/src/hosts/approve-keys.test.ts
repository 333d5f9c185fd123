import { describe, expect, it } from 'vitest';
import { approveKeys, compareKeys } from './approve-keys.js';

const key = (type: string, letter: string) => ({ type, fingerprint: `SHA256:${letter.repeat(43)}` });
const ed = key('ssh-ed25519', 'e');
const rsa = key('ssh-rsa', 'r');
const known = (keys = [ed], revoked: (typeof ed)[] = []) => ({ keys, revoked, hasAuthority: false });
const approval = { host: 'alpha', yes: false, ask: undefined, command: 'megalith hosts add alpha' };

describe('the keys that a host shows', () => {
  it('are known, unknown, different from the known, or revoked', () => {
    const names = (shown: (typeof ed)[], from = known()) => compareKeys(shown, from).map(each => each.knownHosts);
    expect(names([ed, rsa])).toEqual(['known', 'unknown']);
    expect(names([key('ssh-ed25519', 'x')])).toEqual(['differs']);
    expect(names([ed], known([], [ed]))).toEqual(['revoked']);
  });

  it('are all pinned when the user says yes, and none when not', async () => {
    const seen = compareKeys([ed, rsa], known([]));
    expect(await approveKeys(seen, { ...approval, ask: async () => true })).toHaveLength(2);
    await expect(approveKeys(seen, { ...approval, ask: async () => false })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });

  it('are pinned without a question only where somebody vouches for them', async () => {
    const seen = compareKeys([ed, rsa], known());
    expect(await approveKeys(seen, { ...approval, yes: true })).toMatchObject([ed]);
    expect(await approveKeys(seen, { ...approval, fingerprint: rsa.fingerprint })).toMatchObject([rsa]);
    const repeat = expect.stringContaining(`megalith hosts add alpha --fingerprint ${ed.fingerprint}`);
    await expect(approveKeys(seen, approval)).rejects.toMatchObject({ code: 'HOST_KEY', hint: repeat });
    const unknown = compareKeys([ed], known([]));
    await expect(approveKeys(unknown, { ...approval, yes: true })).rejects.toMatchObject({ code: 'HOST_KEY' });
  });

  it('are refused where they contradict what is known, with --yes and with a fingerprint that is not shown', async () => {
    const changed = compareKeys([ed, key('ssh-rsa', 'x')], known([ed, rsa]));
    await expect(approveKeys(changed, { ...approval, yes: true })).rejects.toMatchObject({ code: 'HOST_KEY' });
    const other = { ...approval, fingerprint: rsa.fingerprint };
    await expect(approveKeys(compareKeys([ed], known()), other)).rejects.toMatchObject({ code: 'HOST_KEY' });
    const revoked = compareKeys([ed], known([], [ed]));
    const sure = { ...approval, fingerprint: ed.fingerprint, ask: async () => true };
    await expect(approveKeys(revoked, sure)).rejects.toMatchObject({ code: 'HOST_KEY' });
  });
});
