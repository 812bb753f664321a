import { formatDuration } from "../net/duration.ts";
import type { Quality } from "./quality.ts";

/** Two values, so that a gateway near one of them does not flap: `limit` is above `end`. */
export interface Trigger {
  /** From this value on the gateway is down. */
  readonly limit: number;
  /** At this value or below it is up again. */
  readonly end: number;
}

export interface QualityTriggers {
  /** Shares from 0 to 1. */
  readonly maxLoss?: Trigger | undefined;
  /** Seconds; compared with the median. */
  readonly maxLatency?: Trigger | undefined;
}

/** Why a gateway that answers is down all the same. */
export interface QualityFault {
  readonly code: "loss" | "latency";
  /** The same for people, such as `loss 35% of 60 probes (limit 20%, ends at 10%)`. */
  readonly detail: string;
}

/**
 * So many probes (for the latency: answers) have to be in the window for a verdict: one lost packet of few is a large
 * share of them.
 */
export const LEAST_PROBES = 10;

/**
 * The faults that the quality shows, the worst first. With too few probes for a verdict those of before remain.
 *
 * @param before the faults until now
 */
export function qualityFaults(
  before: readonly QualityFault[],
  quality: Quality,
  { maxLoss, maxLatency }: QualityTriggers,
): readonly QualityFault[] {
  const { probes, answered, loss, median } = quality;
  const faultOf = (code: QualityFault["code"]): QualityFault | undefined => before.find((fault) => fault.code === code);
  const judged = [
    maxLoss && probes >= LEAST_PROBES
      ? judge("loss", loss, maxLoss, faultOf("loss"), `of ${probes} probes`, percent)
      : faultOf("loss"),
    maxLatency && answered >= LEAST_PROBES
      ? judge("latency", median!, maxLatency, faultOf("latency"), `as the median of ${answered} answers`, milliseconds)
      : faultOf("latency"),
  ];
  return judged.filter((fault) => fault !== undefined);
}

function judge(
  code: QualityFault["code"],
  value: number,
  { limit, end }: Trigger,
  before: QualityFault | undefined,
  base: string,
  format: (value: number) => string,
): QualityFault | undefined {
  const isFault = before ? value > end : value >= limit;
  if (!isFault) return undefined;
  return { code, detail: `${code} ${format(value)} ${base} (limit ${format(limit)}, ends at ${format(end)})` };
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10}%`;
}

function milliseconds(seconds: number): string {
  return formatDuration(Math.round(seconds * 1000));
}
