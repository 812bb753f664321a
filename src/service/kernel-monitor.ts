import { handledFamilies } from "../config/families.ts";
import type { Config } from "../config/model.ts";
import type { Family } from "../net/address.ts";
import type { Kernel, KernelEvent, OnWatching } from "../routing/kernel.ts";

export interface KernelMonitorOptions {
  readonly kernel: Pick<Kernel, "watch">;
  readonly onEvent: (event: KernelEvent) => void;
  readonly onWatching: OnWatching;
}

/** Reports what changes in the kernel, in the families that are routed or rejected. */
export class KernelMonitor {
  readonly #options: KernelMonitorOptions;
  #families: readonly Family[] = [];
  #watch: ReturnType<Kernel["watch"]> | undefined;

  constructor(options: KernelMonitorOptions) {
    this.#options = options;
  }

  /** From now on these families are watched. Another watch looks at everything once it has begun, so nothing is missed. */
  follow(config: Pick<Config, "pools">): void {
    const families = handledFamilies(config);
    if (families.join() === this.#families.join()) return;
    this.stop();
    const { kernel, onEvent, onWatching } = this.#options;
    this.#families = families;
    this.#watch = kernel.watch(onEvent, onWatching, families);
  }

  stop(): void {
    this.#watch?.stop();
  }
}
