import type { Config } from "../config/model.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type Placed = Pick<Config, "service">;

/**
 * The socket by which commands reach the service; undefined where there is none.
 *
 * @param environment that of the service, in which systemd names the folder of its unit (systemd.exec(5)); not that of a
 *   command, which may run in another unit
 */
export function controlSocketOf({ service }: Placed, environment: Environment = {}): string | undefined {
  if (service.controlSocket !== undefined) return service.controlSocket ?? undefined;
  return `${folderOf(environment["RUNTIME_DIRECTORY"]) ?? runFolder(service.firstRoutingTableId)}/control.sock`;
}

/** The file that remembers drained gateways; undefined where there is none. */
export function drainFileOf({ service }: Placed, environment: Environment = {}): string | undefined {
  if (service.drainFile !== undefined) return service.drainFile ?? undefined;
  return `${folderOf(environment["STATE_DIRECTORY"]) ?? stateFolder(service.firstRoutingTableId)}/drained.json`;
}

/** The file that remembers the hash seed of before. */
export function hashSeedFileOf({ service }: Placed, environment: Environment = {}): string {
  return `${folderOf(environment["STATE_DIRECTORY"]) ?? stateFolder(service.firstRoutingTableId)}/hash-seed.json`;
}

/** Where an instance has its socket: the table tells instances apart. */
export function runFolder(table: number): string {
  return `/run/gateway-route-manager/${table}`;
}

/** Where it has what lasts. */
export function stateFolder(table: number): string {
  return `/var/lib/gateway-route-manager/${table}`;
}

/** The first of several, which colons part. */
function folderOf(variable: string | undefined): string | undefined {
  const [first = ""] = (variable ?? "").split(":");
  return first.startsWith("/") ? first : undefined;
}
