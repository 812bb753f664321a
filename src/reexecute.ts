/** What Bun reads from the environment only before it starts. */
const RUNTIME_SETTINGS: Readonly<Record<string, string>> = {
  // fetch runs 256 requests at a time by default and lets the rest wait while their timeouts run.
  BUN_CONFIG_MAX_HTTP_REQUESTS: "65336",
  // Without the optimising compiler 7 MiB less are resident, for the same processor time and a millisecond more between
  // a failed probe and its route. Without any compiler it would be 14 MiB less, for a fifth more time and 4 ms.
  BUN_JSC_useDFGJIT: "0",
  // Name look-ups take a thread each for half a minute when the resolver is silent, and `ip` gets its input, and the log
  // its output, from the same pool, which otherwise has as many threads as there are processors.
  UV_THREADPOOL_SIZE: "16",
};

/** Settings of the runtime that a user's shell may have and a service must not obey. */
const FOREIGN_SETTINGS = ["BUN_OPTIONS", "NODE_OPTIONS", "BUN_BE_BUN", "BUN_CONFIG_VERBOSE_FETCH"] as const;

/**
 * Starts this executable again in the same process, with the runtime's settings in place. Costs a few milliseconds,
 * since nothing has been loaded yet; the process id stays, so service managers do not notice.
 */
export function reexecute(): void {
  const set = Object.entries(RUNTIME_SETTINGS).every(([name, value]) => process.env[name] === value);
  if (set && FOREIGN_SETTINGS.every((name) => process.env[name] === undefined)) return;
  const environment = { ...process.env, ...RUNTIME_SETTINGS };
  for (const name of FOREIGN_SETTINGS) delete environment[name];
  // An upgrade may have taken the file away this very moment; /proc/self/exe is it all the same, under a poorer name.
  for (const path of [process.execPath, "/proc/self/exe"]) {
    try {
      process.execve!(path, [process.execPath, ...process.argv.slice(2)], environment);
    } catch {
      // Where that is forbidden (a hardened container, no /proc), everything works, up to 256 requests at a time.
    }
  }
}
