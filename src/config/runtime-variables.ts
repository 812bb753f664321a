import { list } from "../text/list.ts";
import type { Warning } from "./warning-rules.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * All variables of the runtime begin like this. A user's shell may have some, and a service must obey none of them: they
 * open a debugger on the network (BUN_INSPECT), load other code (BUN_OPTIONS), turn off the check of certificates
 * (NODE_TLS_REJECT_UNAUTHORIZED), print secrets (BUN_CONFIG_VERBOSE_FETCH, NODE_DEBUG) or the keys of TLS connections
 * (SSLKEYLOGFILE), or print to standard error what no log expects (BUN_JSC_dumpOptions).
 */
const OF_RUNTIME = /^(?:(BUN|NODE|MIMALLOC)_|SSLKEYLOGFILE$)/;

/** Those that name authorities to trust belong to the administrator, and so do proxies and SSL_CERT_FILE. */
const OF_ADMINISTRATOR: readonly string[] = ["NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA"];

/** Those that images and shells set for any program of the runtime, and that endanger nothing. */
const HARMLESS =
  /^(NODE_(ENV|VERSION|PATH|NO_WARNINGS|DISABLE_COLORS)|BUN_(ENV|INSTALL\w*|RUNTIME_TRANSPILER_CACHE_PATH)|MIMALLOC_\w+)$/;

/** Whether a variable changes the runtime, and is no setting of an administrator. */
export function isOfRuntime(name: string): boolean {
  return OF_RUNTIME.test(name) && !OF_ADMINISTRATOR.includes(name);
}

/** The variable by which a process that starts itself again remembers the names of those that it has removed. */
const REMOVED = "GATEWAY_ROUTE_MANAGER_REMOVED";

/**
 * What to add to an environment from which the variables of the runtime are removed.
 *
 * @param given the environment with them
 * @param own those that the service sets itself
 */
export function noteOfRemoved(given: Environment, own: Environment): Record<string, string> {
  const names = Object.keys(given).filter((name) => isOfRuntime(name) && !HARMLESS.test(name) && !(name in own));
  return names.length === 0 ? {} : { [REMOVED]: names.sort().join(" ") };
}

/** The warning about those that were removed, if there were any. */
export function removedVariables(environment: Environment): Warning[] {
  const names = (environment[REMOVED] ?? "").split(" ").filter((name) => /^\w+$/.test(name) && isOfRuntime(name));
  if (names.length === 0) return [];
  const detail = `removed from the environment, since no service obeys them: ${list(names, 5)}`;
  return [{ detail, remedy: `remove them where the environment is set${remedyFor(names)}` }];
}

function remedyFor(names: readonly string[]): string {
  if (!names.includes("NODE_TLS_REJECT_UNAUTHORIZED")) return "";
  return "; certificates are always checked: to trust another authority, set NODE_EXTRA_CA_CERTS to its file";
}
