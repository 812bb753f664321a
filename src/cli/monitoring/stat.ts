import type * as stats from "@grafana/grafana-foundation-sdk/stat";

import {
  type Basics,
  type Draft,
  type Field,
  type Mapping,
  NEUTRAL,
  panel,
  type Plain,
  type Query,
  type Steps,
  targets,
  thresholds,
} from "./grafana.ts";

interface StatSpec extends Basics {
  readonly queries: readonly Query[];
  readonly steps?: Steps;
  readonly mappings?: readonly Mapping[];
  readonly decimals?: number;
  readonly noValue?: string;
  /** Shows what the series are called instead of their value. */
  readonly names?: true;
}

/** One or a few numbers of the present. */
export function stat({
  queries,
  steps = NEUTRAL,
  mappings,
  decimals,
  noValue,
  unit,
  names,
  ...basics
}: StatSpec): Draft {
  const options: Plain<stats.Options> = {
    graphMode: "none",
    colorMode: steps.length > 1 || mappings ? "background" : "none",
    justifyMode: "auto",
    textMode: names ? "name" : "auto",
    wideLayout: true,
    showPercentChange: false,
    percentChangeColorMode: "standard",
    reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
    orientation: "auto",
  };
  const defaults: Field = {
    color: { mode: "thresholds" },
    thresholds: thresholds(steps),
    ...(unit !== undefined && { unit }),
    ...(mappings && { mappings }),
    ...(decimals !== undefined && { decimals }),
    ...(noValue !== undefined && { noValue }),
  };
  return panel("stat", basics, { targets: targets(queries, { instant: true, range: false }), options, defaults });
}
