import { findLeftovers, stillThere } from "./leftovers.ts";
import { leftoversRemoval } from "./leftovers-text.ts";
import type { ReconcilerOptions } from "./reconciler-options.ts";
import type { Leftovers, Observed } from "./types.ts";

type Options = Pick<
  ReconcilerOptions,
  "kernel" | "tableRef" | "layout" | "destinations" | "takesOver" | "emit" | "family"
>;

/** What the earlier program has left: found at the start, and then taken over or reported. */
export class TakeOver {
  #found: Leftovers | undefined;
  #remaining: Leftovers | undefined;

  /** What is to be taken over and is still there; undefined where nothing is. */
  get remaining(): Leftovers | undefined {
    return this.#remaining;
  }

  /** Looks for it at the start. Where it is not to be taken over, it is reported, and left alone from then on. */
  async find(observed: Observed, options: Options): Promise<void> {
    const { kernel, tableRef, layout, destinations, takesOver, emit, family } = options;
    if (family === 6) return; // it knew IPv4 alone
    const place = { ...tableRef, gateways: layout.gateways, managed: destinations.managed };
    const leftovers = await findLeftovers(observed, place, kernel.visitRoutes);
    if (leftovers === undefined) return;
    if (takesOver) this.#found = this.#remaining = leftovers;
    else emit({ type: "leftovers", leftovers, removal: leftoversRemoval(leftovers, observed.policies) });
  }

  /** Takes note of what is left of it by now; reports the end of it once. */
  note(observed: Observed, { emit }: Options): void {
    if (this.#remaining === undefined) return;
    this.#remaining = stillThere(this.#remaining, observed);
    if (this.#remaining === undefined) emit({ type: "taken-over", leftovers: this.#found! });
  }
}
