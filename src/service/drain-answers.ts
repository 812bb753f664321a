import type { GatewayConfig } from "../config/model.ts";
import { type Answer, problem, type Request } from "../control/protocol.ts";
import type { Report } from "../status/schema.ts";
import { closest } from "../text/closest.ts";
import { quote } from "../text/escape.ts";
import { gatewayText, type NamedGateway } from "../text/gateway.ts";

/* What the service answers to the commands drain and undrain. */

/** What a drain, or its end, has changed. */
export interface DrainResult {
  readonly gateway: NamedGateway;
  /** False where it was so before. */
  readonly changed: boolean;
  /** Of each pool that has the gateway. */
  readonly pools: readonly PoolChange[];
  /** Why it does not survive a restart; null when it does. */
  readonly unstored: string | null;
}

export interface PoolChange {
  /** Its name; null for the one pool without a name. */
  readonly pool: string | null;
  /** The gateways that its routes were over, and are over now. */
  readonly before: readonly NamedGateway[];
  readonly after: readonly NamedGateway[];
  /** Whether the kernel holds that. */
  readonly kernel: Report;
}

/** One of all gateways, as the commands list them. */
export interface ListedGateway {
  readonly label: string;
  readonly drained: boolean;
}

/** What was asked for is done. */
export function doneWith(result: DrainResult): Answer<DrainResult> {
  return { ok: true, result };
}

/** What was asked for was so before. */
export function unchanged({ address, name }: GatewayConfig): Answer<DrainResult> {
  return doneWith({ gateway: { address, name }, changed: false, pools: [], unstored: null });
}

export function configured(gateway: GatewayConfig): Answer {
  return problem(
    "configured",
    `${gatewayText(gateway)} is drained by the configuration`,
    "remove its drained = true there, and reload",
  );
}

export function lastUsable(gateway: GatewayConfig, pools: readonly { readonly name: string | undefined }[]): Answer {
  const names = pools.flatMap(({ name }) => name ?? []).map((name) => quote(name));
  const whose = names.length === 0 ? "" : ` of ${names.length === 1 ? "pool" : "pools"} ${names.join(", ")}`;
  return problem(
    "last-usable",
    `${gatewayText(gateway)} is the last usable gateway${whose}; nothing was changed`,
    "drain it all the same with -force",
  );
}

export function unknownGateway(request: Request, gateways: readonly GatewayConfig[]): Answer {
  const text = String(request["gateway"]);
  const words = gateways.flatMap(({ name, address }) => (name === undefined ? address : [name, address]));
  const meant = closest(text, words);
  const remedy = meant === undefined ? "see gateway-route-manager drain -list" : `did you mean ${meant}?`;
  return problem("unknown-gateway", `there is no gateway ${quote(text)}`, remedy);
}
