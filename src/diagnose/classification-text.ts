import { RANGE, type Source } from "../config/members.ts";
import { formatCidr } from "../net/cidr.ts";
import type { Classification } from "../routing/classify.ts";
import type { Destinations } from "../routing/desired.ts";

/**
 * The reason of a classification, and the flag behind it, if there is one.
 *
 * @param source of an address that is a gateway
 */
export function classificationText(
  classification: Classification,
  destinations: Destinations,
  source: Source = RANGE,
): { readonly why: string; readonly flag?: string } {
  const network = "network" in classification ? formatCidr(classification.network) : "";
  switch (classification.kind) {
    case "managed":
      return { why: `-route ${network} covers it`, flag: "-route" };
    case "excluded":
      return { why: `-exclude-cidr ${network} excludes it`, flag: "-exclude-cidr" };
    case "gateways":
      return { why: `the gateways themselves are always excluded (${source.text})`, flag: source.flag };
    case "connected":
      return { why: `${network} is a network of this machine, which is always excluded` };
    case "reserved":
      return {
        why: `-exclude-reserved-cidrs excludes the reserved range ${network}`,
        flag: "-exclude-reserved-cidrs",
      };
    case "unselected":
      return { why: "no pool is for packets from there (from, in and mark of the pools)" };
    case "unmanaged":
      return { why: `no -route covers it (${destinations.managed.map(formatCidr).join(", ")})`, flag: "-route" };
  }
}
