import type { Ec2Shape } from './ec2-shape.js';

/** The first generation on AWS's Nitro system in all of the common families (c5, m5, r5). */
const oldestUsual = 5;

/**
 * Whether a type may be taken. Without patterns: all but burstable, bare-metal, accelerated and previous-generation types. With them: what matches
 * one, where `*` stands for anything; and of those four kinds only what is meant by name. A pattern names a family when it has no `*` before its
 * dot, as `t3.*` does, and metal when it says `metal`: `m*` asks for neither m4 nor m6i.metal.
 */
export function typeAllowance(patterns: readonly string[] | undefined): (shape: Ec2Shape) => boolean {
  if (patterns === undefined) return shape => !isSpecial(shape) && !shape.isMetal;
  const known = patterns.map(pattern => ({
    matches: asRegExp(pattern),
    namesFamily: !pattern.split('.', 1)[0]?.includes('*'),
    namesMetal: pattern.includes('metal'),
  }));
  return shape =>
    known.some(
      ({ matches, namesFamily, namesMetal }) =>
        matches.test(shape.type) && (namesFamily || !isSpecial(shape)) && (namesMetal || !shape.isMetal),
    );
}

function isSpecial(shape: Ec2Shape): boolean {
  return shape.isBurstable || shape.hasGpu || isOld(shape);
}

/** AWS takes its mark from generations that are still the cheapest of their kind, and sold everywhere: only what is old by its number, too, counts. */
function isOld({ type, isCurrentGeneration }: Ec2Shape): boolean {
  const generation = /^[a-z]+(\d+)/.exec(type)?.[1];
  return !isCurrentGeneration && generation !== undefined && Number(generation) < oldestUsual;
}

function asRegExp(pattern: string): RegExp {
  const parts = pattern.split('*').map(part => part.replace(/[.+?^${}()|[\]\\-]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
