type Esbuild = typeof import('esbuild');

// esbuild runs as a child process that starts with the first build and serves all later ones.
let loaded: Promise<Esbuild> | undefined;
let running = 0;
let stopWhenIdle = false;

/** Runs a build; `stopBundler` waits for it. */
export async function withBundler<T>(build: (esbuild: Esbuild) => Promise<T>): Promise<T> {
  running++;
  stopWhenIdle = false;
  try {
    // Loaded late: half of what this package would take to start, and jobs of commands never need it.
    loaded ??= import('esbuild');
    return await build(await loaded).catch(async (error: unknown) => {
      if (!isGone(error)) throw error;
      // Its process was killed: another one starts once the remains are put away.
      const esbuild = await loaded!;
      await esbuild.stop();
      return build(esbuild);
    });
  } finally {
    running--;
    if (running === 0 && stopWhenIdle) await stopBundler();
  }
}

/** esbuild has no class for it: its lib says so when its child process ended. */
function isGone(error: unknown): boolean {
  return error instanceof Error && /The service (is no longer running|was stopped)/.test(error.message);
}

/**
 * Ends the bundler's process. Builds that run are let finish, and a later build starts it again, so that it is always safe to call.
 * The process would not keep Node alive, but it would stay until Node ends.
 */
export async function stopBundler(): Promise<void> {
  if (loaded === undefined) return;
  if (running > 0) {
    stopWhenIdle = true;
    return;
  }
  stopWhenIdle = false;
  const esbuild = await loaded;
  loaded = undefined;
  await esbuild.stop();
}
