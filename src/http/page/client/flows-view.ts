import type { Status } from "../../../status/schema.ts";
import { groupRoutes, type RouteGroup } from "../flows.ts";
import { percent } from "../../../status/phrases.ts";
import { gatewayLabel, gatewayText, type NamedGateway } from "../../../text/gateway.ts";
import { copyOf, find, type Keyed, keepChildren, setAttribute, setHidden, setText, within } from "./elements.ts";

const shown: Keyed = new Map();
const segments = new WeakMap<HTMLElement, Keyed>();

/** Segments with a smaller share have no room for a name or an address. */
const LEAST_LABELLED = 0.08;

export function showFlows({ routing: { routes }, gateways }: Status): void {
  const known = new Map<string, NamedGateway>(gateways.map((one) => [one.address, one]));
  const gatewayOf = (address: string): NamedGateway => known.get(address) ?? { address };
  const groups = groupRoutes(routes, (address) => gatewayText(gatewayOf(address)));
  setHidden(find("flows-empty"), groups.length > 0);
  keepChildren(
    find("routes"),
    groups.map(({ key }) => key),
    shown,
    () => copyOf("route"),
  );
  for (const group of groups) showGroup(shown.get(group.key)!, group, gatewayOf);
}

function showGroup(
  item: HTMLElement,
  { destinations, shares, description, rejectType }: RouteGroup,
  gatewayOf: (address: string) => NamedGateway,
): void {
  setText(within(item, ".to"), destinations.join(", "));
  setText(within(item, ".words"), description);
  const bar = within(item, ".bar");
  setAttribute(bar, "data-rejected", String(rejectType !== null));
  setAttribute(bar, "data-single", String(shares.length === 1));
  setAttribute(bar, "data-many", String(shares.length > 30));
  let have = segments.get(bar);
  if (!have) segments.set(bar, (have = new Map()));
  keepChildren(
    bar,
    shares.map(({ gateway }) => gateway),
    have,
    () => document.createElement("span"),
  );
  for (const { gateway, share } of shares) {
    const segment = have.get(gateway)!;
    const part = String(share);
    if (segment.style.flexGrow !== part) segment.style.flexGrow = part;
    setAttribute(segment, "title", `${gatewayText(gatewayOf(gateway))} ${percent(share)}`);
    setText(segment, share >= LEAST_LABELLED ? gatewayLabel(gatewayOf(gateway)) : "");
  }
}
