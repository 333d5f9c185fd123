import { formatUsd } from '@megalith/core';
import type { CloudMachine } from './cloud-machine.js';
import type { Offer } from './offer.js';

/** What is asked for, at which price, and why that one. @param offers the cheapest first */
export function askingText(cloud: string, offers: readonly Offer[]): string {
  const [best] = offers;
  return best === undefined ? `asking ${cloud} for a machine` : `asking ${cloud} for ${choiceText(offers)}`;
}

/** `r6i.large, on-demand for $0.13 an hour, the cheapest of 31 types that fit`. @param offers the cheapest first; one at least */
export function choiceText(offers: readonly Offer[]): string {
  const { shape, market, usdPerHour } = offers[0]!;
  const types = new Set(offers.map(offer => offer.shape.type)).size;
  const why = types === 1 ? 'the only type that fits' : `the cheapest of ${types} types that fit`;
  return `${shape.type}, ${priceText(market, usdPerHour)}, ${why}`;
}

/** What was had, and for how much where that is known. @param offers what was asked for */
export function bootingText(machine: CloudMachine, offers: readonly Offer[]): string {
  const { id, type, zone, market } = machine;
  const had = offers.find(offer => isOf(offer, machine));
  const price = had === undefined ? market : priceText(market, had.usdPerHour);
  return `${type} in ${zone} (${id}) boots, ${price}`;
}

/** Whether this offer is what a machine was had by. */
export function isOf(offer: Offer, { type, zone, market }: CloudMachine): boolean {
  return offer.shape.type === type && offer.zone === zone && offer.market === market;
}

function priceText(market: string, usdPerHour: number): string {
  return `${market} for ${formatUsd(usdPerHour)} an hour`;
}
