import type { ExitEvent } from "../exit/events.ts";
import type { Gateway } from "./schema.ts";

type Exit = NonNullable<Gateway["exit"]>;

/** What is known of the exits of the gateways. */
export class ExitModel {
  readonly #exits = new Map<string, string>();
  readonly #leaking = new Set<string>();
  readonly #shared = new Map<string, readonly string[]>();
  readonly #failures = new Map<string, string>();

  record(event: ExitEvent): void {
    switch (event.type) {
      case "exit":
        if (event.result.kind === "success") this.#failures.delete(event.gateway);
        else this.#failures.set(event.gateway, event.result.detail);
        break;
      case "exit-changed":
        this.#exits.set(event.gateway, event.to);
        break;
      case "gateway-leaks":
        if (event.leaking) this.#leaking.add(event.gateway);
        else this.#leaking.delete(event.gateway);
        break;
      case "exit-shared":
        this.#shared.set(event.address, event.gateways);
        if (event.gateways.length === 0) this.#shared.delete(event.address);
        break;
    }
  }

  view(gateway: string): Exit {
    const address = this.#exits.get(gateway) ?? null;
    const shared = address === null ? [] : (this.#shared.get(address) ?? []);
    return {
      address,
      leaking: this.#leaking.has(gateway),
      sharedWith: shared.filter((one) => one !== gateway),
      why: this.#failures.get(gateway) ?? null,
    };
  }
}
