import { steadyNow } from "../time/clock.ts";
import type { EmitPool } from "./events.ts";
import type { LinkFaults, Paths } from "./link-faults.ts";
import { lostTogether } from "./lost-together.ts";

export interface CommonCauseOptions {
  /** How far apart failures of one cause can show, in milliseconds. */
  readonly moment: number;
  /** How far apart the probes that show them can have been begun, in milliseconds; `moment` by default. */
  readonly spread?: number | undefined;
  /** What is known of the interfaces that lead to the gateways. */
  readonly linkFaults: LinkFaults;
  readonly emit: EmitPool;
}

/** Timers of a busy machine are late by so much. */
export const SLACK_MS = 100;

/**
 * Finds out why all gateways of a pool fail in the same moment: what the next reading of the kernel shows of the interfaces
 * that lead to them, or one shortly before, tells whether this router's own link is at fault.
 */
export class CommonCause {
  readonly #options: CommonCauseOptions;
  /** When each gateway was lost the last time. */
  readonly #lostAt = new Map<string, number>();
  /** When the probes that showed it were begun. */
  readonly #begunAt = new Map<string, number>();
  /** Gateways that were lost together, until the kernel has been read. */
  #suspects: readonly string[] = [];

  constructor(options: CommonCauseOptions) {
    this.#options = options;
  }

  /**
   * A healthy gateway was lost.
   *
   * @param isLast whether none is healthy any more: then the kernel should be read to find the cause
   * @param begun when the probe that showed it was begun (steady clock)
   */
  lost(gateway: string, isLast: boolean, begun = steadyNow()): void {
    const now = steadyNow();
    this.#lostAt.set(gateway, now);
    this.#begunAt.set(gateway, begun);
    if (isLast) this.#suspects = lostTogether(this.#lostAt, this.#options.moment, now);
  }

  /** The kernel was read. Returns gateways that failed together, so that none of them is to blame. */
  examine(paths: Paths): readonly string[] {
    this.#options.linkFaults.examine(paths);
    return this.#judge();
  }

  #judge(): readonly string[] {
    const { linkFaults, moment, emit } = this.#options;
    const gateways = this.#suspects;
    this.#suspects = [];
    const first = Math.min(...gateways.map((gateway) => this.#lostAt.get(gateway) ?? Infinity));
    const recent = gateways.map((gateway) => {
      const last = linkFaults.lastOf(gateway);
      return last && last.at >= first - moment ? last : undefined;
    });
    const faults = [...new Map(recent.map((last) => [last?.device, last])).values()];
    const links =
      faults.length > 0 && faults.every((fault) => fault !== undefined)
        ? faults.map(({ device, fault }) => ({ device, fault }))
        : [];
    const together = links.length > 0 ? gateways : this.#inOneMoment(gateways);
    if (together.length < 2 && links.length === 0) return []; // one gateway alone has no common cause with others
    emit({ type: "failed-together", gateways: together, links });
    return together;
  }

  /**
   * These, if the probes that failed were begun together, else none: gateways that are lost one after the other were not lost
   * in one moment. How long a probe takes to fail says nothing about when its gateway was lost.
   */
  #inOneMoment(gateways: readonly string[]): readonly string[] {
    const { moment, spread = moment } = this.#options;
    const begun = gateways.map((gateway) => this.#begunAt.get(gateway) ?? -Infinity);
    return Math.max(...begun) - Math.min(...begun) <= spread ? gateways : [];
  }
}
