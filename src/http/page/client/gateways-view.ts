import type { PoolUse } from "../../../status/membership.ts";
import type { Gateway, Status } from "../../../status/schema.ts";
import { age, latencyText, type Reason, reasonOf, span, stateAge } from "../../../status/phrases.ts";
import { gatewayText } from "../../../text/gateway.ts";
import { type Chart, CHART_HEIGHT, chartOf } from "../chart.ts";
import { densityOf, selectGateways, totalsOf, type GatewayFilter } from "../gateways.ts";
import { type ShownGateway, shownGateways, useText } from "../pools.ts";
import { showAge } from "./ages.ts";
import {
  Children,
  copyOf,
  find,
  type Keyed,
  keepChildren,
  setAttribute,
  setHidden,
  setText,
  within,
} from "./elements.ts";
import { showColumns, showIdentity, showPlace } from "./cells.ts";
import { showProbers, showTargets } from "./probers-view.ts";

/** With fewer gateways there are no filters, and the order is that of the service. */
const LEAST_WITH_TOOLS = 7;

const rows: Keyed = new Map();
const usesIn = new Children();

/** Pools of a gateway that are named at most. */
const MOST_POOLS = 3;

/** The key of the line that counts further pools; no name is empty. */
const MORE = "";

/** Whether the user asks for all details of many gateways. */
let detailed = false;

/** Calls `show` when the user changes the filter, or how much each gateway shows. */
export function onFilterChange(show: () => void): void {
  for (const id of ["text", "only", "order"]) find(id).addEventListener("input", show);
  find("details").addEventListener("click", () => {
    detailed = !detailed;
    show();
  });
}

function showDensity(gateways: readonly Gateway[]): void {
  const density = densityOf(gateways.length, detailed);
  setAttribute(find("gateways"), "data-dense", String(density === "dense"));
  setAttribute(find("gateways"), "data-families", String(gateways.some(({ otherAddress }) => otherAddress)));
  setAttribute(find("details"), "aria-pressed", String(detailed));
  setHidden(find("details"), density === "roomy");
}

export function showGateways(status: Status): void {
  const { slotSeconds, targetsAtFault, pools } = status;
  const gateways = shownGateways(status);
  const many = gateways.length >= LEAST_WITH_TOOLS;
  const shown = many ? selectGateways(gateways, filter()) : gateways;
  setHidden(find("tools"), !many);
  showDensity(gateways);
  setAttribute(find("columns"), "data-many", String(many));
  setAttribute(find("columns"), "data-pools", String(pools !== undefined));
  showColumns(find("table"), pools ? [] : gateways, pools !== undefined);
  setHidden(find("loss-key"), !gateways.some(({ probers }) => probers));
  showTargets(targetsAtFault);
  setHidden(find("gateways-empty"), shown.length > 0);
  setText(find("gateways-note"), noteOn(gateways, shown.length));
  setText(find("history-title"), `Last ${span(slotSeconds * (gateways[0]?.history.up.length ?? 0))}`);
  keepChildren(
    find("rows"),
    shown.map(({ address }) => address),
    rows,
    () => copyOf("gateway-row"),
  );
  for (const gateway of shown) showRow(rows.get(gateway.address)!, gateway, slotSeconds);
}

function filter(): GatewayFilter {
  return {
    order: find<HTMLSelectElement>("order").value as GatewayFilter["order"],
    only: find<HTMLSelectElement>("only").value as GatewayFilter["only"],
    text: find<HTMLInputElement>("text").value,
  };
}

function noteOn(gateways: readonly ShownGateway[], shown: number): string {
  const { all, attention } = totalsOf(gateways);
  const problems = attention === 0 ? "no problems" : `${attention} of ${all} with problems`;
  return shown === all ? problems : `${problems}, ${shown} shown`;
}

function showRow(row: HTMLElement, gateway: ShownGateway, slotSeconds: number): void {
  const { latency, flaps } = gateway;
  const cell = (name: string): HTMLElement => within(row, `.${name}`);
  showIdentity(row, gateway);
  showPlace(row, gateway);
  showUses(cell("use-list"), gateway.uses);
  showAge(cell("since"), stateAge(gateway), (seconds) => `for ${age(seconds)}`);
  setText(cell("p50"), latencyText(latency.p50));
  setText(cell("p95"), latencyText(latency.p95));
  setText(within(row, ".flaps .value"), String(flaps.sinceStart));
  setText(cell("lately"), flaps.lastHour === 0 ? "" : `${flaps.lastHour} in 1h`);
  showReason(cell("reason"), reasonOf(gateway));
  showProbers(cell("probers"), gateway.probers);
  showChart(within(row, ".history"), gateway, slotSeconds);
}

/** Shows how many pools use a gateway as what, the first of them by name. */
function showUses(list: HTMLElement, uses: readonly PoolUse[] = []): void {
  const some = uses.slice(0, MOST_POOLS);
  const have = usesIn.in(list);
  const keys = some.map(({ pool }) => pool);
  const left = uses.length - some.length;
  keepChildren(list, left > 0 ? [...keys, MORE] : keys, have, () => document.createElement("li"));
  for (const use of some) {
    const item = have.get(use.pool)!;
    setText(item, useText(use));
    setAttribute(item, "title", useText(use)); // which may be cut
  }
  if (left > 0) setText(have.get(MORE)!, `and ${left} more`);
}

function showReason(cell: HTMLElement, { text, ageSeconds }: Reason): void {
  setAttribute(cell, "data-past", String(ageSeconds !== null));
  setText(within(cell, ".why"), text);
  showAge(within(cell, ".when"), ageSeconds, (seconds) => `${age(seconds)} ago`);
}

function showChart(cell: HTMLElement, gateway: Gateway, slotSeconds: number): void {
  const { width, description, peak, ...paths } = chartOf(gateway.history, slotSeconds);
  const svg = within<SVGElement>(cell, ".chart");
  setAttribute(svg, "viewBox", `0 0 ${width} ${CHART_HEIGHT}`);
  setAttribute(svg, "aria-label", `${gatewayText(gateway)}, ${description}`);
  for (const [name, data] of Object.entries(paths)) setAttribute(within(svg, `.${name}`), "d", data);
  showPeak(within(cell, ".peak"), peak);
}

/** The figure of the slowest response beside its mark, on the side with more room. */
function showPeak(label: HTMLElement, peak: Chart["peak"]): void {
  setHidden(label, peak === undefined);
  if (!peak) return;
  setText(label, peak.text);
  const side = peak.place < 0.5 ? "left" : "right";
  setAttribute(label, "data-side", side);
  const offset = `${((side === "left" ? peak.place : 1 - peak.place) * 100).toFixed(1)}%`;
  if (label.style.getPropertyValue(side) !== offset) {
    label.style.removeProperty(side === "left" ? "right" : "left");
    label.style.setProperty(side, offset);
  }
}
