import { isOfRuntime, noteOfRemoved } from "./config/runtime-variables.ts";
import { memoryLimit } from "./diagnose/memory-limit.ts";

/** What Bun reads from the environment only before it starts. */
const RUNTIME_SETTINGS = {
  // fetch runs 256 requests at a time by default and lets the rest wait while their timeouts run.
  BUN_CONFIG_MAX_HTTP_REQUESTS: "65336",
  // Without the optimising compiler 7 MiB less are resident, for the same processor time and a millisecond more between
  // a failed probe and its route. Without any compiler it would be 14 MiB less, for a fifth more time and 4 ms.
  BUN_JSC_useDFGJIT: "0",
  // Name look-ups take a thread each for half a minute when the resolver is silent, and `ip` gets its input, and the log
  // its output, from the same pool, which otherwise has as many threads as there are processors.
  UV_THREADPOOL_SIZE: "16",
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** A service that may use less memory than this, in bytes, runs with less of it and not as fast. */
const SCARCE_MEMORY = 256 * 1024 * 1024;

/**
 * The settings for a process that may use so much memory, in bytes. By itself the engine collects garbage by the memory of
 * the whole machine, and with 150 gateways a cgroup of 48 MiB is too small for that. Where memory is scarce it is given the
 * limit, and runs the code in its interpreter, which saves 4 MiB. Elsewhere neither is worth its price: thousands of hostile
 * connections would then delay a change of the route by half a minute.
 */
export function runtimeSettings(memory = Infinity): Readonly<Record<string, string>> {
  if (memory >= SCARCE_MEMORY) return RUNTIME_SETTINGS;
  return { ...RUNTIME_SETTINGS, BUN_JSC_useBaselineJIT: "0", BUN_JSC_forceRAMSize: String(memory) };
}

/** The environment for the runtime with these settings; undefined where the given one is right. */
export function correctedEnvironment(
  given: Environment,
  settings: Readonly<Record<string, string>>,
): Environment | undefined {
  const isForeign = (name: string): boolean => isOfRuntime(name) && settings[name] === undefined;
  const isSet = Object.entries(settings).every(([name, value]) => given[name] === value);
  if (isSet && !Object.keys(given).some(isForeign)) return undefined;
  const obeyed = Object.entries(given).filter(([name]) => !isForeign(name));
  return { ...Object.fromEntries(obeyed), ...settings };
}

/**
 * Starts this executable again in the same process, with the runtime's settings in place. Costs only a few milliseconds,
 * since nothing has been loaded yet; the process id stays, so service managers do not notice.
 */
export function reexecute(): void {
  const settings = runtimeSettings(memoryLimit());
  const corrected = correctedEnvironment(process.env, settings);
  if (corrected === undefined) return;
  const environment = { ...corrected, ...noteOfRemoved(process.env, settings) };
  // An upgrade may have taken the file away this very moment; /proc/self/exe is it all the same, under a poorer name.
  for (const path of [process.execPath, "/proc/self/exe"]) {
    try {
      process.execve!(path, [process.execPath, ...process.argv.slice(2)], environment);
    } catch {
      // Where that is forbidden (a hardened container, no /proc), everything works, up to 256 requests at a time.
    }
  }
}
