/** What was looked up; undefined where there is no such file or folder. Any other error stays one. */
export async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    return undefinedIfMissing(error);
  }
}

/** As `unlessMissing`, for what looks at once. */
export function unlessMissingSync<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    return undefinedIfMissing(error);
  }
}

function undefinedIfMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
