import { MegalithError, megalithHome } from '@megalith/agent';
import { userName } from '../../audit/who-runs.js';
import { readConfig } from '../../config/read-config.js';
import type { PriceBook } from '../../placement/prices-file.js';
import { configuredStore } from '../../storage/configured-store.js';
import { noteFile } from './cloud-notes.js';
import { thisWorld } from './control-call.js';
import { readFunctionCode } from './function-code.js';
import { compiledFunctionPrices, pricesWith } from './function-prices.js';
import type { LambdaSetup } from './lambda-backend.js';
import { lambdaSettings } from './lambda-config.js';
import { sdkApi } from './sdk-api.js';

export interface LambdaPlace {
  /** Megalith's home here. @defaultValue see `megalithHome` */
  readonly home?: string;
  /** Where the search for the project's config begins. @defaultValue the working directory */
  readonly cwd?: string;
  /** Prices instead of those that are compiled in. */
  readonly prices?: PriceBook;
  /** Connections at once for calls of functions. @defaultValue 1 */
  readonly sockets?: number;
}

/** AWS Lambda as it is configured here. Nothing is connected, or asked, yet. */
export interface ConfiguredLambda extends Omit<LambdaSetup, 'slots'> {
  /** Ends connections that are kept open. */
  close(): void;
}

/**
 * Reads the section `lambda` of the config, and what it refers to.
 * @throws MegalithError NOT_CONFIGURED, CONFIG
 */
export async function configuredLambda(place: LambdaPlace = {}): Promise<ConfiguredLambda> {
  const { home = megalithHome(), cwd = process.cwd(), sockets = 1 } = place;
  const config = await readConfig({ cwd, home });
  if (config.lambda === undefined) {
    throw new MegalithError('NOT_CONFIGURED', 'functions of AWS Lambda are not configured', {
      hint: 'add a section `lambda` with `region` and `role` to megalith.yaml; `megalith lambda iam` prints what the role needs',
      details: { files: config.files },
    });
  }
  const settings = lambdaSettings(config.lambda, userName());
  const api = sdkApi({ ...settings, sockets });
  const store =
    settings.store === undefined ? undefined : await configuredStore(settings.store, config.stores, config.policy);
  return {
    settings,
    api,
    code: once(readFunctionCode),
    notes: noteFile(home, settings.region),
    prices: pricesWith(compiledFunctionPrices(settings.region), settings.region, place.prices),
    world: thisWorld,
    ...(store === undefined ? {} : { store }),
    close() {
      api.close();
      store?.close();
    },
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
