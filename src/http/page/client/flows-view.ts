import type { Routing } from "../../../status/schema.ts";
import { groupRoutes, type RouteGroup } from "../flows.ts";
import { percent } from "../../../status/phrases.ts";
import { copyOf, find, type Keyed, keepChildren, setAttribute, setHidden, setText, within } from "./elements.ts";

const shown: Keyed = new Map();
const segments = new WeakMap<HTMLElement, Keyed>();

/** Segments with a smaller share have no room for an address. */
const LEAST_LABELLED = 0.08;

export function showFlows({ routes }: Routing): void {
  const groups = groupRoutes(routes);
  setHidden(find("flows-empty"), groups.length > 0);
  keepChildren(
    find("routes"),
    groups.map(({ key }) => key),
    shown,
    () => copyOf("route"),
  );
  for (const group of groups) showGroup(shown.get(group.key)!, group);
}

function showGroup(item: HTMLElement, { destinations, shares, description, rejectType }: RouteGroup): void {
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
    setAttribute(segment, "title", `${gateway} ${percent(share)}`);
    setText(segment, share >= LEAST_LABELLED ? gateway : "");
  }
}
