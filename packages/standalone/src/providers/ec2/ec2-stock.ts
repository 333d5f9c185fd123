import type { CloudMachine } from '../../pool/cloud-machine.js';
import type { MachineWorth, Stock } from '../../pool/stock.js';
import type { Catalogue } from './compiled-catalogue.js';
import type { Ec2Settings } from './ec2-settings.js';
import { type Ec2Offer, type OfferLimits, offersFor, rejectedOffers, usableMemoryShare } from './offers.js';
import { onDemandPrice, spotPrice } from './price-of.js';
import { type QuotaUse, quotaError, withinQuotas } from './quota.js';
import { rootVolume, volumeUsdPerHour } from './root-volume.js';
import { unfit } from './unfit.js';

/** What EC2 has in one region, and what this account has there. */
export interface Ec2Facts {
  readonly catalogue: Catalogue;
  /** Zones that there is a subnet in. @defaultValue nobody asked: any */
  readonly zones?: readonly string[];
  readonly machines: readonly CloudMachine[];
  /** By the quota's code. */
  readonly uses: ReadonlyMap<string, QuotaUse>;
}

export type Ec2Stock = Stock & {
  offers(...asked: Parameters<Stock['offers']>): readonly Ec2Offer[];
};

/** What the settings allow, in zones that machines can be made in. */
export function allowedBy(settings: Ec2Settings, zones: readonly string[] | undefined): OfferLimits {
  const { types, archs, markets, maxUsdPerHour } = settings;
  return { types, archs, markets, maxUsdPerHour, zones };
}

export function ec2Stock(facts: Ec2Facts, settings: Ec2Settings): Ec2Stock {
  const { catalogue, zones, machines, uses } = facts;
  const { region } = catalogue;
  const allowed = allowedBy(settings, zones);
  return {
    machines,
    offers(requirements) {
      const fitting = offersFor(requirements, catalogue, allowed);
      if (fitting.length === 0) {
        throw unfit(requirements, rejectedOffers(requirements, catalogue, allowed), region, settings.types);
      }
      const { within, short } = withinQuotas(fitting, uses);
      if (within.length === 0) throw quotaError(short, region);
      return within;
    },
    worthOf: machine => worthIn(catalogue, machine, settings),
  };
}

/** Undefined for a type that the catalogue does not have. */
export function worthIn(
  catalogue: Catalogue,
  machine: CloudMachine,
  settings: Pick<Ec2Settings, 'diskBytes'>,
): MachineWorth | undefined {
  const shape = catalogue.shapes.find(({ type }) => type === machine.type);
  if (shape === undefined) return undefined;
  return {
    cpus: shape.cpus,
    usableMemoryBytes: Math.floor(shape.memoryBytes * usableMemoryShare),
    usdPerHour: priceIn(catalogue, machine) ?? 0,
    diskUsdPerHour: volumeUsdPerHour(rootVolume([shape], settings.diskBytes, 0)),
    localDiskBytes: shape.localDiskBytes,
  };
}

export function priceIn(catalogue: Catalogue, { type, market, zone }: CloudMachine): number | undefined {
  const listed = onDemandPrice(type, catalogue.region, catalogue.onDemand);
  return (market === 'spot' ? spotPrice(type, zone, catalogue.spot, listed) : listed)?.usdPerHour;
}
