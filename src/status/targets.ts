import type { TargetEvent } from "../probe/target-faults.ts";
import type { Clock } from "../time/clock.ts";
import type { TargetAtFault } from "./schema.ts";
import { Timestamp } from "./timestamp.ts";

interface Fault {
  readonly prober: string;
  readonly target: string;
  readonly why: string;
  readonly since: Timestamp;
}

/** The targets of a pool that are at fault themselves. There are never more than it has targets. */
export class TargetsModel {
  readonly #clock: Clock;
  #faults: readonly Fault[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  record(event: TargetEvent): void {
    const { prober, target } = event;
    this.#faults = this.#faults.filter((fault) => fault.prober !== prober || fault.target !== target);
    if (event.type === "target-back") return;
    this.#faults = [...this.#faults, { prober, target, why: event.detail, since: new Timestamp(this.#clock) }];
  }

  /** Forgets all other probers than these. */
  keep(probers: readonly string[]): void {
    this.#faults = this.#faults.filter(({ prober }) => probers.includes(prober));
  }

  view(): TargetAtFault[] {
    return this.#faults.map(({ prober, target, why, since }) => ({ prober, target, why, since: since.view() }));
  }
}
