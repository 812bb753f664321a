/** What `print dashboard` and `print alerts` print, read back, with the fields that tests use. */
import { alertRules, dashboard } from "../../../../src/cli/monitoring/documents.ts";

interface Place {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

export interface Panel extends Place {
  readonly type: "stat" | "table" | "timeseries" | "state-timeline";
  readonly description: string;
  readonly targets: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[];
  readonly fieldConfig: { readonly defaults: { readonly thresholds?: Thresholds; readonly mappings?: unknown } };
}

export interface Thresholds {
  readonly steps: readonly { readonly value: number | null; readonly color: string }[];
}

interface Row extends Place {
  readonly type: "row";
  readonly collapsed: boolean;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  readonly panels: readonly (Panel | Row)[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
}

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly remedy: string };
}

/** @param timeout of a probe, in milliseconds */
export const dashboardOf = (timeout: number): Dashboard => JSON.parse(dashboard(timeout)) as Dashboard;

export const rowsOf = ({ panels }: Dashboard): readonly Row[] => panels.filter((panel) => panel.type === "row");

/** All panels, those in folded rows too. */
export const panelsOf = ({ panels }: Dashboard): readonly Panel[] =>
  panels.flatMap((panel) => (panel.type === "row" ? panel.panels : [panel]));

/** @param timeout of a probe, in milliseconds */
export function rulesOf(timeout: number): readonly Rule[] {
  const { groups } = Bun.YAML.parse(alertRules(timeout)) as { groups: readonly { readonly rules: readonly Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

/** The two parts of an alert's expression: a query that always has values, and the condition under which they are bad. */
export function partsOf({ alert, expr }: Rule): { readonly watch: string; readonly fires: string } {
  const parts = /^(.*?) ((?:==|!=|>) [\d.]+(?: unless .*)?)$/.exec(expr);
  if (!parts) throw new Error(`${alert} does not end with a comparison: ${expr}`);
  return { watch: parts[1]!, fires: parts[2]! };
}
