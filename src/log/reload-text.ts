import type { Changes, Difference } from "../config/difference.ts";
import { list } from "../text/list.ts";

/** Names that one line has at most. */
const MOST_NAMES = 8;

/** What a reload changes, a line for each kind of thing. */
export function differenceLines(difference: Difference): string[] {
  const { service, gateways, probes, pools, dnsNames, tables } = difference;
  return [
    ...(service.length > 0 ? [`[service]: ${list(service, MOST_NAMES)}`] : []),
    ...changesLine("gateways", gateways),
    ...changesLine("probes", probes),
    ...changesLine("pools", pools),
    ...(dnsNames ? changesLine("DNS names", dnsNames) : []),
    ...(tables.length > 0 ? [`changed: ${tables.join(", ")}`] : []),
  ];
}

/** What cannot change while the service runs; undefined where that is nothing. */
export function fixedText({ fixed }: Pick<Difference, "fixed">): string | undefined {
  if (fixed.length === 0) return undefined;
  const [verb, them] = fixed.length === 1 ? ["stays", "it"] : ["stay", "them"];
  return `${list(fixed, fixed.length)} ${verb} as before while the service runs; restart it to change ${them}`;
}

function changesLine(what: string, { added, removed, changed }: Changes): string[] {
  const parts = [
    ...(added.length > 0 ? [`added ${list(named(added), MOST_NAMES)}`] : []),
    ...(removed.length > 0 ? [`removed ${list(named(removed), MOST_NAMES)}`] : []),
    ...(changed.length > 0 ? [`changed ${list(named(changed), MOST_NAMES)}`] : []),
  ];
  return parts.length === 0 ? [] : [`${what}: ${parts.join("; ")}`];
}

function named(names: readonly string[]): string[] {
  return names.map((name) => name || "the one without a name");
}
