import type { Gateway, Status } from "../../../status/schema.ts";
import { age, latencyText, percent, reasonOf, span } from "../../../status/phrases.ts";
import { gatewayText } from "../../../text/gateway.ts";
import { CHART_HEIGHT, chartOf } from "../chart.ts";
import { selectGateways, publicAddressText, totalsOf, type GatewayFilter } from "../gateways.ts";
import { gatewayBadge } from "../badges.ts";
import { showAge } from "./ages.ts";
import {
  copyOf,
  find,
  type Keyed,
  keepChildren,
  setAttribute,
  setHidden,
  setText,
  setTone,
  within,
} from "./elements.ts";
import { showProbers, showTargets } from "./probers-view.ts";

/** With fewer gateways there are no filters, and the order is that of the service. */
const LEAST_WITH_TOOLS = 7;

const rows: Keyed = new Map();

/** Calls `show` when the user changes the filter. */
export function onFilterChange(show: () => void): void {
  for (const id of ["text", "only", "order"]) find(id).addEventListener("input", show);
}

export function showGateways({ gateways, slotSeconds, targetsAtFault }: Status): void {
  const many = gateways.length >= LEAST_WITH_TOOLS;
  const shown = many ? selectGateways(gateways, filter()) : gateways;
  setHidden(find("tools"), !many);
  setAttribute(find("columns"), "data-many", String(many));
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

function noteOn(gateways: readonly Gateway[], shown: number): string {
  const { all, attention } = totalsOf(gateways);
  const problems = attention === 0 ? "no problems" : `${attention} of ${all} with problems`;
  return shown === all ? problems : `${problems}, ${shown} shown`;
}

function showRow(row: HTMLElement, gateway: Gateway, slotSeconds: number): void {
  const { address, name = "", since, latency, carriesTraffic, share, flaps } = gateway;
  const badge = gatewayBadge(gateway);
  const cell = (name: string): HTMLElement => within(row, `.${name}`);
  setText(cell("name"), name);
  setAttribute(cell("name"), "title", name); // which may be cut
  setHidden(cell("name"), name === "");
  setText(cell("address"), address);
  setTone(row, badge.tone);
  setText(cell("word"), badge.text);
  showAge(cell("since"), since.ageSeconds, (seconds) => `for ${age(seconds)}`);
  setText(cell("share"), carriesTraffic ? percent(share) : "-");
  setText(cell("p50"), latencyText(latency.p50));
  setText(cell("p95"), latencyText(latency.p95));
  setText(within(row, ".flaps .value"), String(flaps.sinceStart));
  setText(cell("lately"), flaps.lastHour === 0 ? "" : `${flaps.lastHour} in 1h`);
  setText(cell("public"), publicAddressText(gateway));
  showReason(cell("reason"), gateway);
  showProbers(cell("probers"), gateway.probers);
  showChart(within(row, ".chart"), gateway, slotSeconds);
}

function showReason(cell: HTMLElement, gateway: Gateway): void {
  const { text, ageSeconds } = reasonOf(gateway);
  setAttribute(cell, "data-past", String(ageSeconds !== null));
  setText(within(cell, ".why"), text);
  showAge(within(cell, ".when"), ageSeconds, (seconds) => `${age(seconds)} ago`);
}

function showChart(svg: SVGElement, gateway: Gateway, slotSeconds: number): void {
  const { width, description, ...paths } = chartOf(gateway.history, slotSeconds);
  setAttribute(svg, "viewBox", `0 0 ${width} ${CHART_HEIGHT}`);
  setAttribute(svg, "aria-label", `${gatewayText(gateway)}, ${description}`);
  for (const [name, data] of Object.entries(paths)) setAttribute(within(svg, `.${name}`), "d", data);
}
