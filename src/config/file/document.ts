import { closest } from "../../text/closest.ts";
import { quote } from "../../text/escape.ts";
import { probeName } from "./own-values.ts";
import { type Findings, isTable, type Read, readTable } from "./read.ts";
import type { Path } from "./scan.ts";
import type { Table } from "./syntax.ts";
import * as tables from "./tables.ts";
import { belongs, maybeSecret, meantElsewhere, tablesWith } from "./unknown-key.ts";

type Of<S extends tables.TableShape> = Read<S["keys"]>;

/** A probe, by its kind. */
export type ReadProbe =
  | ({ readonly kind: "gateway"; readonly name: string } & Of<typeof tables.GATEWAY_PROBE>)
  | ({ readonly kind: "beyond"; readonly name: string } & Of<typeof tables.BEYOND_PROBE>);

/** All tables of a file, each value read on its own. */
export interface Document {
  readonly service: Of<typeof tables.SERVICE>;
  readonly gateways: readonly Of<typeof tables.GATEWAY>[];
  readonly probes: readonly ReadProbe[];
  readonly exitCheck: Of<typeof tables.EXIT_CHECK>;
  readonly publicIp: Of<typeof tables.PUBLIC_IP>;
  readonly pools: readonly Of<typeof tables.POOL>[];
  readonly ddns: readonly Of<typeof tables.DDNS>[];
}

/** Reads all tables of a file, and reports everything that is wrong in one place. */
export function readDocument(root: Table, findings: Findings): Document {
  reportUnknownTables(root, findings);
  if (root["gateway"] === undefined || isEmpty(root["gateway"])) {
    const text = '[[gateway]] is missing: there are no gateways; write address = "ADDRESS" below such a header';
    findings.report(["gateway"], text);
  }
  const one = <S extends tables.TableShape>(name: string, shape: S): Of<S> =>
    readTable(shape, tableAt(root, name, findings), [name], findings) as Of<S>;
  const many = <S extends tables.TableShape>(name: string, shape: S): Of<S>[] =>
    tablesAt(root, name, findings).map(
      ([table, path]) => readTable(shape, table, path, findings, titleOf(shape, table)) as Of<S>,
    );
  return {
    service: one("service", tables.SERVICE),
    gateways: many("gateway", tables.GATEWAY),
    probes: readProbes(root, findings),
    exitCheck: one("exit-check", tables.EXIT_CHECK),
    publicIp: one("public-ip", tables.PUBLIC_IP),
    pools: many("pool", tables.POOL),
    ddns: many("ddns", tables.DDNS),
  };
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** How messages call one table of several. */
function titleOf({ title }: tables.TableShape, { name }: Table): string {
  return typeof name === "string" ? `${title} ${quote(name)}` : title;
}

/** How each table of the file is written. */
const HEADERS: ReadonlyMap<string, string> = new Map([
  ["service", "[service]"],
  ["gateway", "[[gateway]]"],
  ["probe", "[probe.NAME]"],
  ["exit-check", "[exit-check]"],
  ["public-ip", "[public-ip]"],
  ["pool", "[[pool]]"],
  ["ddns", "[[ddns]]"],
]);

function reportUnknownTables(root: Table, findings: Findings): void {
  for (const name of Object.keys(root)) {
    if (HEADERS.has(name)) continue;
    const isKey = !isTable(root[name]);
    if (isKey && maybeSecret(name)) findings.hide([name]);
    findings.report([name], `unknown ${isKey ? "key" : "table"} ${quote(name)}; ${remedyOf(name, isKey)}`, "key");
  }
}

function remedyOf(name: string, isKey: boolean): string {
  const elsewhere = isKey ? tablesWith(name) : [];
  if (elsewhere.length > 0) return belongs(name, elsewhere);
  const meant = closest(name, [...HEADERS.keys()]);
  if (meant !== undefined) return `did you mean ${HEADERS.get(meant)}?`;
  return (isKey ? meantElsewhere(name) : undefined) ?? `known are ${[...HEADERS.values()].join(", ")}`;
}

/** A table that there is once; empty where it is left out. */
function tableAt(root: Table, name: string, findings: Findings): Table {
  const value = root[name] ?? EMPTY;
  if (isTable(value)) return value;
  findings.report([name], `${name}: expected one table; write its header as ${HEADERS.get(name)}`, "key");
  return EMPTY;
}

const EMPTY = Object.freeze(Object.create(null)) as Table;

/** The tables of which there may be several. */
function tablesAt(root: Table, name: string, findings: Findings): [Table, Path][] {
  const value = root[name] ?? [];
  if (Array.isArray(value) && value.every(isTable)) return value.map((table, index) => [table, [name, index]]);
  findings.report(
    [name],
    `${name}: expected a list of tables; write the header of each as ${HEADERS.get(name)}`,
    "key",
  );
  return [];
}

function readProbes(root: Table, findings: Findings): ReadProbe[] {
  const probes = Object.entries(tableAt(root, "probe", findings));
  const isUnnamed = probes.some(([, value]) => !isTable(value));
  if (isUnnamed) findings.report(["probe"], "[probe]: each probe has a name; write its header as [probe.NAME]", "key");
  return probes.flatMap(([name, value]) => (isTable(value) ? readProbe(name, value, findings) : []));
}

function readProbe(name: string, table: Table, findings: Findings): ReadProbe {
  const path = ["probe", name];
  const parsed = probeName.parse(name);
  if (!parsed.ok) findings.report(path, `[probe.NAME] ${quote(name)}: expected ${parsed.expected}`, "key");
  const title = `[probe.${quote(name).slice(1, -1)}]`;
  if (isGatewayProbe(table)) {
    return { kind: "gateway", name, ...readTable(tables.GATEWAY_PROBE, table, path, findings, title) };
  }
  return { kind: "beyond", name, ...readTable(tables.BEYOND_PROBE, table, path, findings, title) };
}

/** Whether a probe asks the gateways themselves. One without a valid type is of the kind that its other keys belong to. */
function isGatewayProbe({ type, targets }: Table): boolean {
  if (typeof type !== "string") return targets === undefined;
  return (
    type.toLowerCase() === "http" ||
    (targets === undefined && !tables.PROBE_TYPES.some((one) => one === type.toLowerCase()))
  );
}
