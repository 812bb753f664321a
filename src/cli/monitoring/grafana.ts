/**
 * What all panels of Grafana have, as far as this dashboard needs it. The types are Grafana's own, taken at compile time only, so
 * that a misspelt or outdated field is an error here.
 */
import type * as dashboards from "@grafana/grafana-foundation-sdk/dashboard";
import type * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";

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
export type Field = Plain<dashboards.FieldConfig>;
export type Mapping = Plain<dashboards.ValueMapping>;

/** The Grafana that these panels are written for: it need not bring them up to date from an older form. */
const VERSION = "11.0.0";

/** The data source that the dashboard's own variable names. */
export const SOURCE = { type: "prometheus", uid: "${datasource}" } as const;

/** A panel without its place. */
export type Draft = Omit<Panel, "id" | "gridPos"> & { readonly size: readonly [width: number, height: number] };

/** A query, and what its series are called: a text with labels such as `{{gateway_ip}}`. */
export type Query = readonly [legend: string, expr: string];

/** What every panel is told. */
export interface Basics {
  readonly title: string;
  readonly description: string;
  /** In the grid of 24 columns. */
  readonly size: readonly [width: number, height: number];
  readonly unit?: string;
}

/** What makes a kind of panel. */
interface Kind extends Pick<Draft, "targets" | "transformations" | "options"> {
  readonly defaults: Field;
  readonly overrides?: NonNullable<Draft["fieldConfig"]>["overrides"];
}

/** A panel of a type of Grafana's. */
export function panel(type: string, basics: Omit<Basics, "unit">, { defaults, overrides = [], ...kind }: Kind): Draft {
  return {
    type,
    datasource: SOURCE,
    pluginVersion: VERSION,
    ...basics,
    ...kind,
    fieldConfig: { defaults, overrides },
  };
}

export const COLOURS = { good: "green", doubtful: "orange", bad: "red", plain: "text" } as const;
type Colour = (typeof COLOURS)[keyof typeof COLOURS];

/** A colour, and others from certain values on. */
export type Steps = readonly [Colour, ...(readonly [from: number, Colour])[]];

/** No colour at all. */
export const NEUTRAL: Steps = [COLOURS.plain];

/** The steps in Grafana's words. */
export function thresholds([first, ...more]: Steps): NonNullable<Field["thresholds"]> {
  const steps = more.map(([value, color]) => ({ value, color }));
  return { mode: "absolute", steps: [{ value: null, color: first }, ...steps] };
}

/** Words and colours in place of numbers. */
export function words(meanings: Readonly<Record<string, readonly [text: string, Colour]>>): readonly Mapping[] {
  const options = Object.entries(meanings).map(([value, [text, color]], index) => [value, { text, color, index }]);
  return [{ type: "value", options: Object.fromEntries(options) }];
}

/** Names of a panel's queries. */
export const REF_IDS = "ABCDEFGHIJ";

/** The queries of a panel in Grafana's words. */
export function targets(queries: readonly Query[], more: Partial<Target>): Target[] {
  return queries.map(([legendFormat, expr], index) => {
    return { refId: REF_IDS[index]!, datasource: SOURCE, expr, legendFormat, ...more };
  });
}
