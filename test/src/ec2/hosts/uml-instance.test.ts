import { describe, expect, test } from 'vitest';
import { instanceImage } from './instance-image.js';
import { bootSpec, connected, newLogin, openInstances, told } from './instances.fixture.js';
import { ourUserData } from './our-user-data.js';

describe.skipIf(instanceImage() === undefined)('an instance with a kernel of its own', () => {
  test('runs its user data, has its memory and no more, keeps its disk, and is off when it powers off', async () => {
    const hosts = await openInstances({ kind: 'uml' });
    const login = newLogin();
    const { text, hostKey } = await ourUserData();
    const spec = bootSpec({ userData: text, publicKey: login.publicKey, memoryBytes: 192 * 1024 ** 2 });
    const host = await hosts.boot(spec);
    const session = await connected(host, login);
    expect(session.fingerprint).toBe(hostKey.fingerprint);
    const look =
      'uname -r; grep -c . /var/lib/megalith/end; stat -c %a /scratch; sed -n "s/^MemTotal: *//p" /proc/meminfo; node -p 6*7';
    const [release, end, scratch, memory, answer] = (await told(session, look)).out.split('\n');
    expect(release).toMatch(/^6\.1\./);
    expect([end, scratch, answer]).toEqual(['1', '755', '42']);
    expect(Number.parseInt(memory!, 10) / 1024).toBeGreaterThan(120);
    expect(Number.parseInt(memory!, 10) / 1024).toBeLessThan(192);
    // The guest's kernel kills what takes more than there is, and nothing else.
    expect((await told(session, 'tail /dev/zero >/dev/null; echo $?; echo kept >kept')).out.trim()).toMatch(/^137$/m);
    await session.start('sudo -n shutdown -h now');
    await host.off;
    session.client.destroy();
    await host.powerOn();
    const again = await connected(host, login);
    expect((await told(again, 'cat kept')).out).toBe('kept\n');
    again.client.end();
  });
});
