import * as Flags from '@oclif/core/flags';

/** How a plan is shown, and as of when it is made. */
export const planFlags = {
  all: Flags.boolean({ char: 'a', description: 'show every place, not only the first twelve', helpGroup: 'PLAN' }),
  at: Flags.string({
    description:
      'plan as of that time: spot prices and history that are newer are not used; hosts and running machines are asked as they are now',
    helpValue: 'DATE',
    helpGroup: 'PLAN',
  }),
  prices: Flags.string({
    description: 'plan with the prices of this JSON file [default: those of the config, else those compiled in]',
    helpValue: 'FILE',
    helpGroup: 'PLAN',
  }),
};

export interface PlanFlagValues {
  readonly all?: boolean | undefined;
  readonly at?: string | undefined;
  readonly prices?: string | undefined;
}
