import type * as tables from "@grafana/grafana-foundation-sdk/table";

import {
  type Basics,
  type Draft,
  type Mapping,
  panel,
  type Plain,
  REF_IDS,
  type Steps,
  targets,
  thresholds,
} from "./grafana.ts";

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
  return panel("table", basics, {
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
    defaults: { custom, ...(unit !== undefined && { unit }) },
    overrides: columns.map((column) => ({
      matcher: { id: "byName", options: column.head },
      properties: propertiesOf(column),
    })),
  });
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
