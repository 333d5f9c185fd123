import { type KeyPair, newKeyPair } from '../../hosts/keys.js';

/** A part of what it has. */
interface UserDataModule {
  userData(options: {
    readonly endsAt: number;
    readonly maxLifetimeMs: number;
    readonly bootMs: number;
    readonly hostKey: { readonly privateText: string; readonly publicLine: string };
    readonly user: string;
  }): string;
}

// What the package keeps to itself, from its build.
const module = new URL('../../../../packages/standalone/dist/providers/ec2/user-data.js', import.meta.url).href;

interface OurUserData {
  readonly text: string;
  /** Injected. */
  readonly hostKey: KeyPair;
}

/** The user data that the product gives to its machines, for the login `ubuntu`. @param lifeMs from now on */
export async function ourUserData(lifeMs = 3_600_000): Promise<OurUserData> {
  const { userData } = (await import(module)) as UserDataModule;
  const hostKey = newKeyPair('injected');
  const text = userData({
    endsAt: Date.now() + lifeMs,
    maxLifetimeMs: 3_600_000,
    bootMs: 600_000,
    hostKey: { privateText: hostKey.privateText, publicLine: hostKey.publicLine.trim() },
    user: 'ubuntu',
  });
  return { text, hostKey };
}
