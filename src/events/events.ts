import type { DdnsEvent } from "../ddns/events.ts";
import type { ExitEvent } from "../exit/events.ts";
import type { PoolEvent } from "../pool/events.ts";
import type { MachineEvent, RoutingEvent } from "../routing/events.ts";
import type { HookEvent } from "./hooks.ts";
import type { HttpRejection } from "./http.ts";
import type { ReloadEvent } from "./reload.ts";

/**
 * An event of one pool. The one pool that has no name leaves `pool` out, and what is not about IPv6 leaves `family` out.
 * `dnsName` is the key of the DNS name that it is about.
 */
export type InPool<E> = E & { readonly pool?: string; readonly family?: 6; readonly dnsName?: string };

/** Everything that is reported. Log, metrics, status and hooks subscribe to it; nothing that controls the service does. */
export type ServiceEvent =
  InPool<PoolEvent | RoutingEvent | DdnsEvent | ExitEvent> | MachineEvent | HookEvent | HttpRejection | ReloadEvent;

export type Emit = (event: ServiceEvent) => void;
