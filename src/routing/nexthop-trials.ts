import type { Kernel } from "./iproute2/kernel.ts";
import type { Change, UnusableNexthop } from "./types.ts";

/** Gateways that looked fine and yet were refused. The reason is the kernel's own; only another trial tells. */
export class NexthopTrials {
  readonly #kernel: Pick<Kernel, "tryNextHops">;
  #failed: readonly UnusableNexthop[] = [];
  #due = false;

  constructor(kernel: Pick<Kernel, "tryNextHops">) {
    this.#kernel = kernel;
  }

  /** Those that failed get another chance the next time they are asked for. */
  repeat(): void {
    this.#due = true;
  }

  /** Gateways that the kernel refuses for a reason of its own. */
  async failed(): Promise<readonly UnusableNexthop[]> {
    if (this.#due) await this.#try(this.#failed.map(({ gateway }) => gateway));
    return this.#failed;
  }

  /** Finds out whether some gateway is the reason why the kernel refused a change. */
  async explain(change: Change | undefined, message: string): Promise<boolean> {
    const gateways = gatewaysOf(change);
    if (gateways.length === 0 || !/nexthop|gateway/i.test(message)) return false;
    await this.#try([...this.#failed.map(({ gateway }) => gateway), ...gateways]);
    return this.#failed.length > 0;
  }

  async #try(gateways: readonly string[]): Promise<void> {
    this.#failed = gateways.length === 0 ? [] : await this.#kernel.tryNextHops(gateways);
    this.#due = false;
  }
}

function gatewaysOf(change: Change | undefined): string[] {
  const nexthops = change && "route" in change ? change.route.nexthops : [];
  return [...new Set(nexthops.map(({ gateway }) => gateway))];
}
