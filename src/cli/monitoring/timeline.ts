import type * as timelines from "@grafana/grafana-foundation-sdk/statetimeline";

import {
  type Basics,
  type Draft,
  type Field,
  type Mapping,
  NEUTRAL,
  panel,
  type Plain,
  type Query,
  targets,
  thresholds,
} from "./grafana.ts";

interface TimelineSpec extends Basics {
  readonly query: Query;
  readonly mappings: readonly Mapping[];
}

/** States over time, a row for each series, a page for each twenty. */
export function timeline({ query, mappings, unit, ...basics }: TimelineSpec): Draft {
  const options: Plain<timelines.Options> = {
    showValue: "never",
    rowHeight: 0.85,
    mergeValues: true,
    perPage: 20,
    legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] },
    tooltip: { mode: "single", sort: "none" },
  };
  const custom: Plain<timelines.FieldConfig> = { fillOpacity: 80, lineWidth: 0 };
  const defaults: Field = { custom, mappings, color: { mode: "thresholds" }, thresholds: thresholds(NEUTRAL) };
  return panel("state-timeline", basics, { targets: targets([query], { range: true }), options, defaults });
}
