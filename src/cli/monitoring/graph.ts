import type { GraphFieldConfig } from "@grafana/grafana-foundation-sdk/common";
import type * as graphs from "@grafana/grafana-foundation-sdk/timeseries";

import {
  type Basics,
  type Draft,
  type Field,
  panel,
  type Plain,
  type Query,
  type Steps,
  targets,
  thresholds,
} from "./grafana.ts";

interface GraphSpec extends Basics {
  readonly queries: readonly Query[];
  /** `lines` unless told otherwise; `steps` for what jumps, `bars` for what happens, `stack` for parts of a whole. */
  readonly shape?: "lines" | "steps" | "bars" | "stack";
  /** Coloured lines at certain values. */
  readonly steps?: Steps;
  /** Whether there may be a series for each of many gateways. */
  readonly many?: true;
}

/** Values over time. */
export function graph({ queries, shape = "lines", steps, unit, many, ...basics }: GraphSpec): Draft {
  const custom: Plain<GraphFieldConfig> = {
    drawStyle: shape === "bars" ? "bars" : "line",
    lineInterpolation: shape === "steps" ? "stepAfter" : "linear",
    lineWidth: 1,
    fillOpacity: { lines: 0, steps: 0, bars: 80, stack: 30 }[shape],
    showPoints: "never",
    spanNulls: false,
    stacking: { mode: shape === "stack" || shape === "bars" ? "normal" : "none", group: "A" },
    ...(steps && { thresholdsStyle: { mode: "dashed" } }),
  };
  const options: Plain<graphs.Options> = {
    // A hundred gateways need a list that scrolls, with the worst on top.
    legend: many
      ? {
          displayMode: "table",
          placement: "right",
          showLegend: true,
          calcs: ["lastNotNull", "max"],
          sortBy: "Max",
          sortDesc: true,
        }
      : { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] },
    tooltip: { mode: "multi", sort: "desc" },
  };
  const defaults: Field = {
    min: 0,
    color: { mode: "palette-classic" },
    custom,
    ...(unit !== undefined && { unit }),
    ...(steps && { thresholds: thresholds(steps) }),
  };
  return panel("timeseries", basics, { targets: targets(queries, { range: true }), options, defaults });
}
