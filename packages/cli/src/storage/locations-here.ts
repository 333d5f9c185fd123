import { type Config, type CopyPlace, MegalithError, OpenLocations, readConfig } from '@megalith/core';
import { homeHere } from '../audit/audit-here.js';
import { untilInterrupted } from '../hosts/until-interrupted.js';

/** What a command over stores works with. */
export interface LocationsHere {
  readonly config: Config;
  readonly home: string;
  readonly signal: AbortSignal;
  open(text: string): Promise<CopyPlace>;
  /** @throws MegalithError USAGE for a path of this machine */
  openStored(text: string): Promise<Extract<CopyPlace, { key: string }>>;
}

/** Runs something with the stores of the config as it applies in the working directory, and closes those that it opened. Ctrl-C cancels it. */
export async function withLocations<T>(use: (here: LocationsHere) => Promise<T>): Promise<T> {
  return await untilInterrupted(async signal => {
    const home = homeHere();
    const config = await readConfig({ cwd: process.cwd(), home, signal });
    const locations = new OpenLocations(config);
    const open = (text: string): Promise<CopyPlace> => locations.open(text);
    const openStored: LocationsHere['openStored'] = async text => {
      const place = await open(text);
      if ('store' in place) return place;
      throw new MegalithError('USAGE', `"${text}" is a path of this machine, and no location in a store`, {
        hint: 'write NAME:KEY with the name of a store of the config, or a URL such as s3://bucket/key',
      });
    };
    try {
      return await use({ config, home, signal, open, openStored });
    } finally {
      await locations.close();
    }
  });
}
