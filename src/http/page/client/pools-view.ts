import {
  dnsNamesOf,
  excludedText,
  failbackText,
  membersOf,
  packetsText,
  reasonInPool,
  routesOf,
  usabilityText,
  WITHOUT_GATEWAYS,
} from "../../../status/membership.ts";
import type { Gateway, Pool, Status } from "../../../status/schema.ts";
import { poolBadge } from "../badges.ts";
import { groupRoutes } from "../flows.ts";
import { capitalised } from "../tab.ts";
import { showColumns, showIdentity, showPlace } from "./cells.ts";
import {
  Children,
  copyOf,
  find,
  type Keyed,
  keepChildren,
  part,
  setAttribute,
  setHidden,
  setSectionHidden,
  setText,
  setTone,
  within,
} from "./elements.ts";
import { type FindGateway, gatewayFinder, showBar, showRoutes, showWithoutRoutes } from "./flows-view.ts";
import { showDnsNames, showRouting } from "./side-view.ts";

const shown: Keyed = new Map();
const rowsIn = new Children();

/** Segments of the bar of a summary with a smaller share have no room for a name. */
const LEAST_LABELLED = 0.25;

/** Calls `show` when the user opens a pool. */
export function onPoolOpened(show: () => void): void {
  find("pool-list").addEventListener("toggle", show, true); // which does not bubble
}

/** Shows all pools, where they have names. Of one that is closed, only its summary is kept up to date. */
export function showPools({ pools, gateways }: Status): void {
  setSectionHidden("pools", pools === undefined);
  if (!pools) return;
  const names = pools.map(({ name }) => name);
  keepChildren(find("pool-list"), names, shown, () => openedWhereAlone(copyOf("pool"), pools.length));
  const gatewayOf = gatewayFinder(gateways);
  for (const pool of pools) {
    const item = shown.get(pool.name)!;
    showSummary(item, pool, gatewayOf);
    if (detailsOf(item).open) showDetails(item, pool, gateways, gatewayOf);
  }
}

function detailsOf(item: HTMLElement): HTMLDetailsElement {
  return within<HTMLDetailsElement>(item, "details");
}

function openedWhereAlone(item: HTMLElement, pools: number): HTMLElement {
  detailsOf(item).open = pools === 1;
  return item;
}

function showSummary(item: HTMLElement, pool: Pool, gatewayOf: FindGateway): void {
  const { name, why, selectors } = pool;
  const badge = poolBadge(pool);
  setTone(item, badge.tone);
  setText(part(item, "name"), name);
  const reason = badge.tone === "good" ? "" : why;
  setText(part(item, "verdict"), capitalised(badge.text) + (reason && ":"));
  setText(part(item, "why"), reason);
  setText(part(item, "packets"), capitalised(packetsText(selectors)));
  setText(part(item, "usable"), usabilityText(pool));
  const [first] = groupRoutes(routesOf(pool));
  showBar(within(item, "summary .bar"), first ?? { shares: [], rejectType: null }, gatewayOf, LEAST_LABELLED);
}

function showDetails(item: HTMLElement, pool: Pool, gateways: readonly Gateway[], gatewayOf: FindGateway): void {
  const { name } = pool;
  showMembers(item, name, membersOf(pool, gateways));
  const routes = part(item, "routes");
  const groups = showRoutes(routes, routesOf(pool), gatewayOf);
  setHidden(routes, groups.length < 2); // the summary has the first
  showWithoutRoutes(
    part(item, "no-routes"),
    { gateways: [...gateways], pools: [{ ...pool, name: "" }], routing: pool.routing },
    groups,
  );
  showSettings(item, pool);
  showRouting(item, pool);
  showDnsNames(part(item, "dns"), dnsNamesOf(pool));
}

function showMembers(item: HTMLElement, pool: string, members: readonly Gateway[]): void {
  const table = within(item, "table");
  setAttribute(table, "aria-label", `Members of pool ${pool}`);
  showColumns(table, members, false);
  const body = within(table, "tbody");
  const rows = rowsIn.in(body);
  const addresses = members.map(({ address }) => address);
  keepChildren(body, addresses, rows, () => copyOf("member-row"));
  for (const member of members) showMember(rows.get(member.address)!, member);
}

function showMember(row: HTMLElement, member: Gateway): void {
  showIdentity(row, member);
  showPlace(row, member);
  setText(within(row, ".why"), reasonInPool(member).text);
}

function showSettings(item: HTMLElement, pool: Pool): void {
  const { destinations, excluded, quorum, routing } = pool;
  setText(part(item, "destinations"), destinations.join(", "));
  setText(part(item, "excluded"), excludedText(excluded) || "nothing");
  setText(part(item, "without"), WITHOUT_GATEWAYS[routing.whenNoGateways]);
  setHidden(part(item, "quorum-row"), quorum === null);
  setText(part(item, "quorum"), quorum ? `${quorum.least} (${quorum.policy}${quorum.missed ? ", missed" : ""})` : "");
  const failback = failbackText(pool);
  setHidden(part(item, "failback-row"), failback === "");
  setText(part(item, "failback"), failback);
}
