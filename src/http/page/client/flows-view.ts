import type { Route, Status } from "../../../status/schema.ts";
import { routesOf } from "../../../status/membership.ts";
import { sentencesOf, trafficNow } from "../../../status/packets.ts";
import { axisOf, groupRoutes, type RouteGroup } from "../flows.ts";
import { percent } from "../../../status/phrases.ts";
import { gatewayLabel, gatewayText, type NamedGateway } from "../../../text/gateway.ts";
import {
  Children,
  copyOf,
  find,
  keepChildren,
  setAttribute,
  setHidden,
  setSectionHidden,
  setText,
  within,
} from "./elements.ts";

const groupsIn = new Children();
const segmentsIn = new Children();
const labelsIn = new Children();

/** Names below a bar that there is room for, in wide and in narrow panels. */
const AXES = [
  ["wide", 8],
  ["narrow", 3],
] as const;

/** Segments with a smaller share have no room for a name or an address. */
const LEAST_LABELLED = 0.08;

/** Finds a gateway, as people know it, by its address. */
export type FindGateway = (address: string) => NamedGateway;

export function gatewayFinder(gateways: readonly NamedGateway[]): FindGateway {
  const known = new Map(gateways.map((one) => [one.address, one]));
  return (address) => known.get(address) ?? { address };
}

/** The flows of the one pool without a name; those of others are in their pools. */
export function showFlows(status: Status): void {
  setSectionHidden("flows", status.pools !== undefined);
  if (status.pools) return;
  const groups = showRoutes(find("routes"), routesOf(status), gatewayFinder(status.gateways));
  showWithoutRoutes(find("flows-empty"), status, groups);
}

/** Shows what happens to packets of a pool that has no managed route. */
export function showWithoutRoutes(
  element: HTMLElement,
  pool: Parameters<typeof trafficNow>[0],
  groups: readonly RouteGroup[],
): void {
  setHidden(element, groups.length > 0);
  const sentences = sentencesOf("traffic", trafficNow(pool)).join(", ");
  setText(within(element, "span"), `There is no managed route: ${sentences}.`);
}

/** Shows the managed routes, grouped by the shares of their gateways. */
export function showRoutes(list: HTMLElement, routes: readonly Route[], gatewayOf: FindGateway): RouteGroup[] {
  const groups = groupRoutes(routes, (address) => gatewayText(gatewayOf(address)));
  const have = groupsIn.in(list);
  const keys = groups.map(({ key }) => key);
  keepChildren(list, keys, have, () => copyOf("route"));
  for (const group of groups) showGroup(have.get(group.key)!, group, gatewayOf);
  return groups;
}

function showGroup(item: HTMLElement, group: RouteGroup, gatewayOf: FindGateway): void {
  setText(within(item, ".to"), group.destinations.join(", "));
  setText(within(item, ".words"), group.description);
  showBar(within(item, ".bar"), group, gatewayOf);
  for (const [size, places] of AXES) showAxis(within(item, `.axis.${size}`), group.shares, places, gatewayOf);
}

/** Names some parts of a bar, below it, where not all parts have room for a name. */
function showAxis(axis: HTMLElement, shares: RouteGroup["shares"], places: number, gatewayOf: FindGateway): void {
  const labels = axisOf(shares, places);
  setAttribute(axis, "data-all", String(shares.every(({ share }) => share >= LEAST_LABELLED)));
  setHidden(axis, labels.length < 2);
  const have = labelsIn.in(axis);
  keepChildren(
    axis,
    labels.map((_, place) => String(place)),
    have,
    () => document.createElement("span"),
  );
  labels.forEach((gateway, place) =>
    setText(have.get(String(place))!, gateway ? gatewayLabel(gatewayOf(gateway)) : ""),
  );
}

/**
 * Shows the share of each gateway as a part of a bar.
 *
 * @param least the share from which on a part has room for a name
 */
export function showBar(
  bar: HTMLElement,
  { shares, rejectType }: Pick<RouteGroup, "shares" | "rejectType">,
  gatewayOf: FindGateway,
  least = LEAST_LABELLED,
): void {
  setAttribute(bar, "data-rejected", String(rejectType !== null));
  setAttribute(bar, "data-single", String(shares.length === 1));
  setAttribute(bar, "data-many", String(shares.length > 30));
  const have = segmentsIn.in(bar);
  const gateways = shares.map(({ gateway }) => gateway);
  keepChildren(bar, gateways, have, () => document.createElement("span"));
  for (const { gateway, share } of shares) {
    const segment = have.get(gateway)!;
    const grow = String(share);
    if (segment.style.flexGrow !== grow) segment.style.flexGrow = grow;
    setAttribute(segment, "title", `${gatewayText(gatewayOf(gateway))} ${percent(share)}`);
    setText(segment, share >= least ? gatewayLabel(gatewayOf(gateway)) : "");
  }
}
