/**
 * Panels of Grafana, as far as this dashboard needs them. The types are Grafana's own, taken at compile time only, so
 * that a misspelt or outdated field is an error here.
 */
import type { GraphFieldConfig } from "@grafana/grafana-foundation-sdk/common";
import type * as dashboards from "@grafana/grafana-foundation-sdk/dashboard";
import type * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import type * as stats from "@grafana/grafana-foundation-sdk/stat";
import type * as timelines from "@grafana/grafana-foundation-sdk/statetimeline";
import type * as tables from "@grafana/grafana-foundation-sdk/table";
import type * as graphs from "@grafana/grafana-foundation-sdk/timeseries";

/** A type with the texts of its enums in place of the enums. */
export type Plain<T> = T extends string
  ? `${T}`
  : T extends readonly (infer Item)[]
    ? readonly Plain<Item>[]
    : T extends object
      ? { readonly [K in keyof T]: Plain<T[K]> }
      : T;

export type Panel = Plain<Omit<dashboards.Panel, "targets">> & { readonly targets?: readonly Target[] };
export type RowPanel = Plain<Omit<dashboards.RowPanel, "panels">> & { readonly panels: readonly Panel[] };
export type Target = Plain<Omit<prometheus.Dataquery, "_implementsDataqueryVariant">>;
type Field = Plain<dashboards.FieldConfig>;
type Mapping = Plain<dashboards.ValueMapping>;

/** The data source that the dashboard's own variable names. */
export const SOURCE = { type: "prometheus", uid: "${datasource}" } as const;

/** A panel without its place. */
export type Draft = Omit<Panel, "id" | "gridPos"> & { readonly size: readonly [width: number, height: number] };

/** A query, and what its series are called: a text with labels such as `{{gateway_ip}}`. */
export type Query = readonly [legend: string, expr: string];

interface Basics {
  readonly title: string;
  readonly description: string;
  /** In the grid of 24 columns. */
  readonly size: readonly [width: number, height: number];
  readonly unit?: string;
}

export const COLOURS = { good: "green", doubtful: "orange", bad: "red", plain: "text" } as const;
type Colour = (typeof COLOURS)[keyof typeof COLOURS];

/** A colour, and others from certain values on. */
export type Steps = readonly [Colour, ...(readonly [from: number, Colour])[]];

const NEUTRAL: Steps = [COLOURS.plain];

function thresholds([first, ...more]: Steps): NonNullable<Field["thresholds"]> {
  const steps = more.map(([value, color]) => ({ value, color }));
  return { mode: "absolute", steps: [{ value: null, color: first }, ...steps] };
}

/** Words and colours in place of numbers. */
export function words(meanings: Readonly<Record<string, readonly [text: string, Colour]>>): readonly Mapping[] {
  const options = Object.entries(meanings).map(([value, [text, color]], index) => [value, { text, color, index }]);
  return [{ type: "value", options: Object.fromEntries(options) }];
}

const REF_IDS = "ABCDEFGHIJ";

function targets(queries: readonly Query[], more: Partial<Target>): Target[] {
  return queries.map(([legendFormat, expr], index) => {
    return { refId: REF_IDS[index]!, datasource: SOURCE, expr, legendFormat, ...more };
  });
}

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
  const asked = targets(queries, { instant: true, range: false });
  return {
    type: "stat",
    datasource: SOURCE,
    ...basics,
    targets: asked,
    options,
    fieldConfig: { defaults, overrides: [] },
  };
}

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
  const asked = targets(queries, { range: true });
  return {
    type: "timeseries",
    datasource: SOURCE,
    ...basics,
    targets: asked,
    options,
    fieldConfig: { defaults, overrides: [] },
  };
}

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
  const asked = targets([query], { range: true });
  return {
    type: "state-timeline",
    datasource: SOURCE,
    ...basics,
    targets: asked,
    options,
    fieldConfig: { defaults, overrides: [] },
  };
}

/** A column of a table: what stands above it, its query, and how its values look. */
export interface Column {
  readonly head: string;
  readonly expr: string;
  readonly unit?: string;
  readonly decimals?: number;
  readonly steps?: Steps;
  readonly mappings?: readonly Mapping[];
}

interface TableSpec extends Basics {
  /** The label that tells rows apart, and what stands above it. */
  readonly key: readonly [label: string, head: string];
  readonly columns: readonly Column[];
}

/** The present of many things, a row for each. */
export function table({ key: [label, head], columns, unit, ...basics }: TableSpec): Draft {
  const options: Plain<tables.Options> = {
    frameIndex: 0,
    showHeader: true,
    cellHeight: "sm",
    sortBy: [{ displayName: head }],
  };
  const custom: Plain<tables.FieldConfig> = { align: "auto", inspect: false, filterable: true };
  const valueOf = (index: number): string => `Value #${REF_IDS[index]}`;
  const renamed = Object.fromEntries(columns.map((column, index) => [valueOf(index), column.head]));
  const order = Object.fromEntries(columns.map((_, index) => [valueOf(index), index + 1]));
  return {
    type: "table",
    datasource: SOURCE,
    ...basics,
    targets: targets(
      columns.map(({ expr }) => ["", expr]),
      { instant: true, range: false, format: "table" },
    ),
    transformations: [
      { id: "merge", options: {} },
      {
        id: "organize",
        options: {
          excludeByName: { Time: true },
          renameByName: { [label]: head, ...renamed },
          indexByName: { [label]: 0, ...order },
        },
      },
    ],
    options,
    fieldConfig: {
      defaults: { custom, ...(unit !== undefined && { unit }) },
      overrides: columns.map((column) => ({
        matcher: { id: "byName", options: column.head },
        properties: propertiesOf(column),
      })),
    },
  };
}

function propertiesOf({ unit, decimals, steps, mappings }: Column): { id: string; value: unknown }[] {
  const coloured = steps !== undefined || mappings !== undefined;
  const all: [string, unknown][] = [
    ["unit", unit],
    ["decimals", decimals],
    ["mappings", mappings],
    ["thresholds", steps && thresholds(steps)],
    ["custom.cellOptions", coloured ? { type: "color-text" } : undefined],
  ];
  return all.flatMap(([id, value]) => (value === undefined ? [] : [{ id, value }]));
}
