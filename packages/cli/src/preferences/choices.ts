/** What may be chosen as the place of a job. */
export const backendNames = ['auto', 'local', 'standalone', 'lambda'] as const;

/** What the best place is. */
export const objectives = ['cost', 'time'] as const;
