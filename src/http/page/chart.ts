import type { Gateway } from "../../status/schema.ts";
import { latencyText, percent, span } from "../../status/phrases.ts";

import { topOf } from "./scale.ts";

type History = Gateway["history"];

/** The height of a chart in its own units; it is as wide as it has slots. */
export const CHART_HEIGHT = 24;

/** Free space above the slowest response, in units of the height. */
const HEADROOM = 3;

/** The same where responses are above the scale: room for a mark and the figure of the slowest. */
const CLIPPED_HEADROOM = 10;

/** The height of the mark at the top of a response above the scale. */
const MARK = 2;

/** The height of a bar for failed probes. */
const TICK = 4;

/** The least height of a bar for loss, so that one lost probe of a hundred can be seen. */
const LEAST_LOSS = 1.5;

/** A small chart of the recent past: path data for SVG, and a description. */
export interface Chart {
  readonly width: number;
  /** The mean latency of each slot, as a line with gaps where there was no response. */
  readonly line: string;
  /** The area below that line. */
  readonly area: string;
  /** Slots at whose end the gateway was down. */
  readonly down: string;
  /** A cross over each of these, for a down that needs no colour. */
  readonly cross: string;
  /** Hatches over slots of which nothing is known. */
  readonly unknown: string;
  /** Marks of responses above the scale. */
  readonly clipped: string;
  /** The slowest response above the scale, and its place from 0 to 1; undefined without one. */
  readonly peak?: { readonly text: string; readonly place: number };
  /** Slots in which a probe failed. */
  readonly failed: string;
  /** The share of lost probes, as bars from the top whose full height is 100 %; empty where it is not measured. */
  readonly loss: string;
  readonly description: string;
}

/** Consecutive slots from `from` up to, but not including, `to`. */
type Run = readonly [from: number, to: number];

/** @param slotSeconds duration of a slot, in seconds */
export function chartOf(history: History, slotSeconds: number): Chart {
  const { up, failed, latencySeconds, loss = [] } = history;
  const top = topOf(latencySeconds.filter((one) => one !== null));
  const slowest = Math.max(0, ...latencySeconds.map((one) => one ?? 0));
  const headroom = slowest > top ? CLIPPED_HEADROOM : HEADROOM;
  const heightOf = (seconds: number): number => {
    if (seconds > top) return 0;
    return top === 0 ? CHART_HEIGHT : CHART_HEIGHT - (seconds / top) * (CHART_HEIGHT - headroom);
  };
  const points = latencySeconds.map((seconds) => (seconds === null ? null : heightOf(seconds)));
  const answered = runsWhere(points, (point) => point !== null);
  const down = runsWhere(up, (state) => state === false);
  const bars = (runs: readonly Run[], height: number): string =>
    runs.map(([from, to]) => `M${from} ${CHART_HEIGHT}V${CHART_HEIGHT - height}H${to}V${CHART_HEIGHT}Z`).join("");
  return {
    width: up.length,
    line: answered.map((run) => `M${steps(points, run)}`).join(""),
    area: answered.map((run) => `M${run[0]} ${CHART_HEIGHT}L${steps(points, run)}V${CHART_HEIGHT}Z`).join(""),
    down: bars(down, CHART_HEIGHT),
    cross: down.map(([from, to]) => `M${from} ${CHART_HEIGHT}L${to} 0M${from} 0L${to} ${CHART_HEIGHT}`).join(""),
    unknown: up.map((state, slot) => (state === null ? `M${slot} ${CHART_HEIGHT}L${slot + 1} 0` : "")).join(""),
    clipped: latencySeconds.map((one, slot) => (one !== null && one > top ? markAt(slot) : "")).join(""),
    ...(slowest > top && { peak: peakOf(latencySeconds, slowest) }),
    failed: bars(
      runsWhere(failed, (count) => count > 0),
      TICK,
    ),
    loss: loss.map(lossBar).join(""),
    description: describe(history, slotSeconds, slowest, top),
  };
}

function markAt(slot: number): string {
  return `M${slot} 0H${slot + 1}V${MARK}H${slot}Z`;
}

function peakOf(latencySeconds: History["latencySeconds"], slowest: number): NonNullable<Chart["peak"]> {
  return { text: latencyText(slowest), place: (latencySeconds.indexOf(slowest) + 0.5) / latencySeconds.length };
}

/** A bar from the top of the chart over one slot. */
function lossBar(loss: number | null, slot: number): string {
  if (loss === null || loss === 0) return "";
  return `M${slot} 0H${slot + 1}V${short(Math.max(LEAST_LOSS, loss * CHART_HEIGHT))}H${slot}Z`;
}

/** A line through the middle of each slot, from the left edge of the first to the right edge of the last. */
function steps(points: readonly (number | null)[], [from, to]: Run): string {
  const heights = points.slice(from, to).map((point) => short(point!));
  const middles = heights.map((height, index) => `${from + index + 0.5} ${height}`);
  return [`${from} ${heights[0]}`, ...middles, `${to} ${heights.at(-1)}`].join("L");
}

function runsWhere<T>(values: readonly T[], accept: (value: T) => boolean): Run[] {
  const runs: [number, number][] = [];
  values.forEach((value, index) => {
    if (!accept(value)) return;
    const last = runs.at(-1);
    if (last?.[1] === index) last[1] = index + 1;
    else runs.push([index, index + 1]);
  });
  return runs;
}

function describe(
  { up, failed, latencySeconds, loss = [] }: History,
  slotSeconds: number,
  slowest: number,
  top: number,
): string {
  const known = up.filter((state) => state !== null).length;
  if (known === 0) return "no data yet";
  const down = up.filter((state) => state === false).length;
  const failures = failed.reduce((sum, count) => sum + count, 0);
  const fastest = Math.min(...latencySeconds.filter((one) => one !== null));
  const state =
    down === 0 ? "up all the time" : down === known ? "down all the time" : `down for ${span(down * slotSeconds)}`;
  const parts = [
    state,
    failures === 0 ? "no failed probe" : failures === 1 ? "1 failed probe" : `${failures} failed probes`,
    ...(slowest > 0 ? [`responses in ${latencyText(fastest)} to ${latencyText(slowest)}`] : []),
    ...(slowest > top ? [`the scale ends at ${latencyText(top)}`] : []),
    ...(loss.some((one) => one !== null) ? [`loss up to ${percent(Math.max(...loss.map((one) => one ?? 0)))}`] : []),
  ];
  return `last ${span(known * slotSeconds)}: ${parts.join(", ")}`;
}

/** A number with two decimals, which is more than one can see. */
function short(value: number): number {
  return Math.round(value * 100) / 100;
}
