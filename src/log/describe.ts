import { formatCidr } from "../net/cidr.ts";
import type { Entry } from "../routing/entry.ts";
import type { ObservedRoute, Rule } from "../routing/types.ts";

/** An entry of the kernel, as logs, hooks and status name it. */
export function describeEntry(entry: Entry): string {
  switch (entry.object) {
    case "route": {
      const metric = entry.metric === 0 ? "" : ` metric ${entry.metric}`;
      return `route ${formatCidr(entry.destination)}${metric}`;
    }
    case "rule":
      return describeRule(entry.rule);
    case "kill-switch":
      return "the rules of the kill switch";
  }
}

function describeRule(rule: Rule): string {
  switch (rule.kind) {
    case "lookup":
      return `rule ${rule.preference} to table ${rule.table}`;
    case "goto":
      return `rule ${rule.preference} past ${formatCidr(rule.to)}`;
    case "reject":
      return `rule ${rule.preference} ${rule.how} ${formatCidr(rule.to)}`;
    case "nop":
      return `rule ${rule.preference} nop`;
  }
}

/** A route of another program. */
export function describeRoute({ type, protocol, nexthops }: ObservedRoute): string {
  const via = nexthops.map(({ gateway }) => gateway || "a device").join(", ");
  return `a ${type} route of protocol ${protocol}${via && ` via ${via}`}`;
}
