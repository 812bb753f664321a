import { type NamedFamily, familiesIn } from "../../status/membership.ts";
import type { Pool, Route } from "../../status/schema.ts";
import { age } from "../../status/phrases.ts";
import { escapeControls } from "../../text/escape.ts";
import type { GatewayText } from "../../text/gateway.ts";
import { type Paint, shorten, wrap } from "../../text/table.ts";

/** What the kernel holds, of each family where a pool routes both. */
export function linesOfRoutings(
  pool: Pick<Pool, "families" | "routing">,
  ...look: [textOf: GatewayText, width: number, paint: Paint]
): string[] {
  return familiesIn(pool).flatMap((one) => routingLines(one, ...look));
}

function routingLines({ name, routing }: NamedFamily, textOf: GatewayText, width: number, paint: Paint): string[] {
  const { standing, table, preference, rule, precedingRules, routes, seen, rejectsIpv6, whenNoGateways } = routing;
  const when = seen === null ? "not read yet" : `read ${age(seen.ageSeconds)} ago`;
  const what = name === "" ? "routes" : `${name} routes`;
  const title = `${what} in table ${table}, rule ${preference}${rule || seen === null ? "" : " missing"}, ${when}`;
  const state = paint(standing.ok ? "good" : "doubtful", shorten(safe(standing.why), width));
  const inUse = new Set(routes.filter(({ type }) => type === "unicast").map(({ destination }) => destination));
  const nexthopsOf = (route: Route): string[] =>
    route.type !== "unicast" && inUse.has(route.destination)
      ? [`${safe(route.type)}, used if all gateways fail`]
      : nexthopTexts(route, textOf);
  const groups = Map.groupBy(routes, (route) => nexthopsOf(route).join());
  const lines = [...groups.values()].flatMap((alike) => {
    const destinations = wrap(
      " ",
      alike.map(({ destination }) => safe(destination)),
      width,
      "  ",
    );
    return [...destinations, ...wrap("   ", nexthopsOf(alike[0]!), width, "    ")];
  });
  const preceding = precedingRules.map(({ extent, why }) => {
    return paint(extent === "all" ? "bad" : "doubtful", shorten(safe(`before ours, ${why}`), width));
  });
  const ipv6 = rejectsIpv6 ? [shorten(`  IPv6: rejected (${whenNoGateways})`, width)] : [];
  const shown = routes.length === 0 ? ["  none"] : lines;
  return [paint("quiet", shorten(title, width)), state, ...preceding, ...shown, ...ipv6];
}

function nexthopTexts({ type, nexthops }: Route, textOf: GatewayText): string[] {
  if (type !== "unicast") return [safe(type)];
  return nexthops.map(({ gateway, device, weight }) =>
    safe(`${textOf(gateway)}${device === null ? "" : ` dev ${device}`} weight ${weight}`),
  );
}

const safe = escapeControls;
