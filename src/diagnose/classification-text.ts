import { RANGE, type Source } from "../config/members.ts";
import { formatCidr } from "../net/cidr.ts";
import type { Classification } from "../routing/classify.ts";
import type { Destinations } from "../routing/desired.ts";

/** The reason of a classification, and the flag or the key of the file behind it, if there is one. */
export interface Reason {
  readonly why: string;
  readonly flag?: string;
  /** In place of a flag. */
  readonly key?: string;
}

/**
 * The reason where flags give the settings.
 *
 * @param source of an address that is a gateway
 */
export function classificationText(
  classification: Classification,
  destinations: Destinations,
  source: Source = RANGE,
): Reason {
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
    case "blocked":
      return { why: "-block-ipv6 rejects IPv6, which no -route covers", flag: "-block-ipv6" };
    case "unselected":
      return { why: "no pool is for such packets (from, in and mark of the pools)" };
    case "unmanaged":
      return { why: `no -route covers it (${destinations.managed.map(formatCidr).join(", ")})`, flag: "-route" };
  }
}

/** The same where a file gives the settings of the pool. */
export function reasonOfPool(classification: Classification, { managed }: Destinations): Reason {
  const network = "network" in classification ? formatCidr(classification.network) : "";
  switch (classification.kind) {
    case "managed":
      return { why: `routes ${network} covers it`, key: "routes" };
    case "excluded":
      return { why: `exclude ${network} excludes it`, key: "exclude" };
    case "gateways":
      return { why: "the gateways themselves are always excluded" };
    case "reserved":
      return { why: `exclude-reserved-cidrs excludes the reserved range ${network}`, key: "exclude-reserved-cidrs" };
    case "unmanaged":
      return { why: `no entry of routes covers it (${managed.map(formatCidr).join(", ")})`, key: "routes" };
    case "blocked":
      return { why: "block-ipv6 rejects IPv6, which no entry of routes covers", key: "block-ipv6" };
    case "connected":
    case "unselected":
      return { why: classificationText(classification, NOWHERE).why };
  }
}

const NOWHERE: Destinations = { managed: [], excluded: [], reserved: [], gateways: [] };
