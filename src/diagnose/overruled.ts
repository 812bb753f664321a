import type { Family } from "../net/address.ts";
import type { Attracted } from "../routing/attraction.ts";
import { namedNetworks } from "../log/describe.ts";
import { ruleText } from "../routing/iproute2/policy-rules.ts";
import type { PolicyRule } from "../routing/policy-rule.ts";
import type { TableRef } from "../routing/types.ts";
import { ipCommand } from "../text/family.ts";
import { fine, type Finding, warning } from "./finding.ts";
import { FLAG_WORDS } from "./setting-words.ts";

/** Rules of other programs behind ours that decided about packets before the service ran. */
export function checkFollowingRules(
  attracted: readonly (readonly [rule: PolicyRule, attracted: Attracted])[],
  { preference }: TableRef,
): Finding[] {
  const topic = "following rules";
  const overruled = attracted.filter(([, { networks }]) => networks.length > 0);
  if (overruled.length === 0) return [fine(topic, "no rule of another program comes after ours in vain")];
  return overruled.map(([rule, networks]) => {
    const packets = `${rule.selector === "" ? "packets" : "packets that it selects"} to ${namedNetworks(networks)}`;
    return warning(
      topic,
      `${ruleText(rule)}: it comes after ours, so ${packets} use the gateways instead`,
      `if it should decide about them, give it a preference below ${preference}`,
    );
  });
}

/** So many routes are excluded one by one. */
const MOST_EXCLUSIONS = 8;

/** Routes of the main table, apart from its default route, that packets no longer take because they use the gateways. */
export function checkMainRoutes(
  { networks, more }: Attracted,
  { preference }: TableRef,
  words = FLAG_WORDS,
  family: Family = 4,
): Finding[] {
  const topic = "main routes";
  if (networks.length === 0)
    return [fine(topic, "no route of the main table but its default route is for a managed destination")];
  const count = networks.length + more;
  const text = `packets to ${namedNetworks({ networks, more })} use the gateways instead of the ${count === 1 ? "route" : `${count} routes`} that the main table has there`;
  const rule = `${ipCommand(family)} rule add pref ${preference - 1} from all lookup main suppress_prefixlength 0`;
  return [
    count <= MOST_EXCLUSIONS
      ? warning(topic, text, `to use these routes: ${words.exclude(networks)}`)
      : warning(topic, text, `to use all routes of the main table but its default route: ${rule}`),
  ];
}
