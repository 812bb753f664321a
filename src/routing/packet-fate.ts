import { rejectTypeOf, type WhenNoGateways } from "./kill-switch.ts";

/** What happens to packets to managed destinations. */
export type PacketFate =
  /** They are spread over so many gateways. */
  | { readonly kind: "spread"; readonly gateways: number }
  /** The last routes are kept, although all of their gateways are down (`-when-no-gateways keep`). */
  | { readonly kind: "kept" }
  /** No route of ours takes them. */
  | { readonly kind: "falls-through" }
  /** `how`: the type of the rule or route, such as unreachable. */
  | { readonly kind: "rejected"; readonly how: string }
  /** A rule or route of another program takes all of them. */
  | { readonly kind: "diverted" }
  /** The kernel was not read yet. */
  | { readonly kind: "unknown" };

/** What may come behind the rule of a pool: that of another pool, or the normal tables alone. */
export type Behind = "pool" | "tables";

/** What happens to packets while no gateway can be used. */
export function fateWithoutGateways(when: WhenNoGateways): PacketFate {
  const how = rejectTypeOf(when);
  if (how !== undefined) return { kind: "rejected", how };
  return { kind: when === "keep" ? "kept" : "falls-through" };
}

/** The end of a sentence about traffic, such as `takes the normal routing tables`. The words of page, status and log. */
export function fateText(fate: PacketFate, behind: Behind = "tables"): string {
  switch (fate.kind) {
    case "spread":
      return fate.gateways === 1 ? "goes to one gateway" : `is spread over ${fate.gateways} gateways`;
    case "kept":
      return "keeps its last routes, whose gateways are down";
    case "falls-through":
      return `takes ${behind === "pool" ? "the next pool or " : ""}the normal routing tables`;
    case "rejected":
      return fate.how === "blackhole" ? "is dropped (blackhole)" : `is rejected (${fate.how})`;
    case "diverted":
      return "is taken by another program's rule or route";
    case "unknown":
      return "is not known: the kernel was not read yet";
  }
}
