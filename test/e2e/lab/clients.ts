/** Clients in two networks behind the router, and where their packets arrive. */
import { INTERNET, type Sink } from "./traffic.ts";
import type { Lab } from "./lab.ts";
import type { Namespace } from "./namespace.ts";
import { addressOf } from "./network.ts";

/** A gateway by its number, or the host behind the default route of the main table. */
export type Place = number | "upstream";

const sinkOf = (place: Place): Sink => (place === "upstream" ? place : addressOf(place));

/** The part of the flows of a client at each sink, in percent. */
export async function sharesOf(lab: Lab, from: Namespace, flows: number): Promise<Record<Sink, number>> {
  const found: Record<Sink, number> = {};
  for (const sink of (await lab.traffic.survey(flows, from)).values()) found[sink] = (found[sink] ?? 0) + 100 / flows;
  return found;
}

/** Waits until flows of a client are at each of these places, and none elsewhere. */
export async function untilAt(lab: Lab, from: Namespace, ...places: readonly Place[]): Promise<void> {
  const wanted = places.map(sinkOf).sort().join();
  await lab.until(
    `packets of ${from.name} at ${wanted}`,
    () => sharesOf(lab, from, 60).catch(() => ({})),
    (now) => Object.keys(now).sort().join() === wanted,
  );
}

/** Waits until the router rejects packets that come from an address on one of its interfaces. */
export async function untilRejected(lab: Lab, from: string, device: string): Promise<void> {
  await lab.until(
    `packets of ${from} to be rejected`,
    () => lab.router.ip("route", "get", INTERNET, "from", from, "iif", device).catch(({ message }: Error) => message),
    (now) => /unreachable|No route/i.test(now),
  );
}
