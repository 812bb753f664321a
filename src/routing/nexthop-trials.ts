import type { UnusableNexthop } from "../pool/nexthop-fault.ts";
import type { Applied, Kernel } from "./kernel.ts";
import type { Change } from "./types.ts";

/** Gateways that looked fine and were rejected by the kernel nevertheless. Only another trial shows whether they still are. */
export class NexthopTrials {
  readonly #kernel: Pick<Kernel, "tryNexthops">;
  readonly #table: number;
  #failed: readonly UnusableNexthop[] = [];
  #due = false;

  constructor(kernel: Pick<Kernel, "tryNexthops">, table: number) {
    this.#kernel = kernel;
    this.#table = table;
  }

  /** Those that failed get another chance the next time they are asked for. */
  repeat(): void {
    this.#due = true;
  }

  /** Gateways that the kernel rejects for a reason of its own. */
  async failed(): Promise<readonly UnusableNexthop[]> {
    if (this.#due) await this.#try(this.#failed.map(({ gateway }) => gateway));
    return this.#failed;
  }

  /**
   * Tries the gateways of a change that the kernel rejected, and the earlier failed ones again. Returns whether a gateway of
   * that change failed: without it the next change may succeed.
   */
  async tryAll({ failed, error }: Applied & { readonly ok: false }): Promise<boolean> {
    const gateways = gatewaysOf(failed);
    if (gateways.length === 0 || error.code !== "nexthop") return false;
    await this.#try([...this.#failed.map(({ gateway }) => gateway), ...gateways]);
    return this.#failed.some(({ gateway }) => gateways.includes(gateway));
  }

  async #try(gateways: readonly string[]): Promise<void> {
    this.#failed = gateways.length === 0 ? [] : await this.#kernel.tryNexthops(gateways, this.#table);
    this.#due = false;
  }
}

function gatewaysOf(change: Change | undefined): string[] {
  if (change && "nexthop" in change) return change.nexthop.kind === "slot" ? [change.nexthop.gateway] : [];
  const nexthops = change && "route" in change ? change.route.nexthops : [];
  return [...new Set(nexthops.map(({ gateway }) => gateway))];
}
