import type { LogEntry, Status } from "../../status/schema.ts";
import type { View } from "./view.ts";

/** The status as far as it concerns one pool: its verdict, its gateways, its routes; undefined where there is no such pool. */
export function statusOfPool({ tiers: _, dnsNames: __, ...status }: Status, name: string): Status | undefined {
  const pool = status.pools?.find((one) => one.name === name);
  if (pool === undefined) return undefined;
  const { verdict, why, routing, ddns, dnsNames, tiers } = pool;
  const members = new Set(pool.members.map(({ gateway }) => gateway));
  const gateways = status.gateways.filter(({ address }) => members.has(address));
  const own = { verdict, why, gateways, routing, ddns, ...(dnsNames && { dnsNames }), ...(tiers && { tiers }) };
  return { ...status, ...own, pools: [pool] };
}

/** A view as far as it concerns one pool; the log has also what concerns none. */
export function viewOfPool(view: View, name: string): View {
  const concerns = ({ pool }: LogEntry): boolean => pool === undefined || pool === name;
  return { ...view, status: view.status && statusOfPool(view.status, name), entries: view.entries.filter(concerns) };
}
