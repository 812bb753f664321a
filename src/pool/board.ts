import { ADOPTED, advance, type Health, isBetweenStates, type Thresholds, UNKNOWN } from "./health.ts";
import type { ProbeResult } from "../probe/probe.ts";
import type { Emit } from "../events/events.ts";

export interface BoardOptions {
  readonly gateways: readonly string[];
  readonly thresholds: Thresholds;
  /** Gateways that carry traffic already. */
  readonly adopted: ReadonlySet<string>;
  readonly emit: Emit;
  /** Which gateways to use, given those that are up. */
  readonly select: (up: ReadonlySet<string>) => ReadonlySet<string>;
  /** Called with the gateways to use, after the first round and then after each change. */
  readonly onSelected: (used: ReadonlySet<string>) => void;
}

/** After a time without any healthy gateway, the first to answer waits this long for the others. */
const GATHER_MS = 40;

/**
 * The health of all gateways, as far as their probes have told it. Two things are kept from the listener: everything
 * before the first round is over, and a moment of the return from a total loss. Both times traffic would otherwise all
 * go to whichever gateway answers first, and connections of the others be cut by it.
 */
export class Board {
  readonly #options: BoardOptions;
  readonly #states: Map<string, Health>;
  readonly #cycle: (gateway: string, seconds: number) => boolean;
  #firstRoundDone = false;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  /** Whether any of the gateways that were passed on is up. */
  #carried = false;

  constructor(options: BoardOptions) {
    const { gateways, adopted, emit } = options;
    this.#options = options;
    this.#states = new Map(gateways.map((gateway) => [gateway, adopted.has(gateway) ? ADOPTED : UNKNOWN]));
    this.#cycle = trackCycles(gateways, (seconds) => emit({ type: "cycle", seconds, up: this.#up().size }));
  }

  /** Takes in the result of a probe; `extra` for one besides the rhythm. */
  record(gateway: string, result: ProbeResult, extra = false): void {
    const { thresholds, emit, gateways } = this.#options;
    const before = this.#states.get(gateway)!;
    const after = advance(before, result, thresholds, extra);
    this.#states.set(gateway, after);
    emit({ type: "probe", gateway, result, failures: after.failures });
    const changed = after.status !== before.status;
    if (changed && after.status !== "unknown") {
      const detail = result.kind === "failure" ? result.detail : `status ${result.status}`;
      const up = this.#up().size;
      emit({ type: "gateway", gateway, status: after.status, detail, up, total: gateways.length });
    }
    const roundEnded = this.#cycle(gateway, result.seconds);
    if (this.#firstRoundDone) {
      if (changed) this.#changed();
    } else if (roundEnded) {
      this.#firstRoundDone = true;
      this.#passOn();
    }
  }

  /** Whether the next results of a gateway may turn its state. */
  isBetweenStates(gateway: string): boolean {
    return isBetweenStates(this.#states.get(gateway)!);
  }

  /** Another choice may be due although no gateway has changed. */
  reconsider(): void {
    if (this.#firstRoundDone) this.#changed();
  }

  stop(): void {
    clearTimeout(this.#gathering);
  }

  #changed(): void {
    const all = this.#up().size === this.#options.gateways.length;
    if (this.#carried || all) this.#passOn();
    else this.#gathering ??= setTimeout(() => this.#passOn(), GATHER_MS);
  }

  #passOn(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    const up = this.#up();
    const used = this.#options.select(up);
    this.#carried = !used.isDisjointFrom(up);
    this.#options.onSelected(used);
  }

  #up(): Set<string> {
    return new Set(this.#options.gateways.filter((gateway) => this.#states.get(gateway)!.status === "up"));
  }
}

/** Counts a cycle each time every gateway has had a result since the last one; tells whether this result ended one. */
function trackCycles(
  gateways: readonly string[],
  onCycle: (seconds: number) => void,
): (gateway: string, seconds: number) => boolean {
  let waiting = new Set(gateways);
  let slowest = 0;
  return (gateway, seconds) => {
    waiting.delete(gateway);
    slowest = Math.max(slowest, seconds);
    if (waiting.size > 0) return false;
    onCycle(slowest);
    waiting = new Set(gateways);
    slowest = 0;
    return true;
  };
}
