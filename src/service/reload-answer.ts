import type { Changes, Difference } from "../config/difference.ts";
import type { Config } from "../config/model.ts";
import type { Report } from "../status/schema.ts";
import { describeStanding } from "../status/standing.ts";
import { gatewayLabel } from "../text/gateway.ts";
import type { Reloaded } from "./control.ts";

/** The outcome of a reload, as the service answers the command. */
export type ReloadAnswer =
  /** The file has problems, or cannot be brought about: nothing was changed. */
  | { readonly taken: false; readonly problems: readonly string[] }
  | {
      readonly taken: true;
      readonly warnings: readonly string[];
      /** Gateways have their names in it, or else their addresses. */
      readonly difference: Difference;
      /** Pools of the new configuration that the kernel does not hold yet; `pool` is null for the one without a name. */
      readonly open: readonly { readonly pool: string | null; readonly kernel: Report }[];
      /** Pools that the configuration no longer has, and that are still to be removed from the kernel. */
      readonly remaining: readonly (string | null)[];
    };

/** The part of the answer that says what the kernel does not follow yet. */
export function outcomeOf({
  standings,
  remaining,
}: Reloaded): Pick<ReloadAnswer & { taken: true }, "open" | "remaining"> {
  const open = standings.flatMap(({ name, standing }) =>
    standing.ok ? [] : [{ pool: name ?? null, kernel: describeStanding(standing) }],
  );
  return { open, remaining: remaining.map((name) => name ?? null) };
}

/** A difference with names of gateways in place of their addresses. */
export function withLabels(difference: Difference, configs: readonly Config[]): Difference {
  const labels = new Map(configs.flatMap(({ gateways }) => gateways.map((one) => [one.address, gatewayLabel(one)])));
  const label = (addresses: readonly string[]): string[] => addresses.map((one) => labels.get(one) ?? one);
  const { added, removed, changed } = difference.gateways;
  const gateways: Changes = { added: label(added), removed: label(removed), changed: label(changed) };
  return { ...difference, gateways };
}
