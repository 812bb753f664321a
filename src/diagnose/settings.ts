import { fine, type Finding, warning } from "./finding.ts";

/** What is set in this network namespace. Texts are those of `/proc/sys/net/ipv4`; undefined where a kernel has none. */
export interface Settings {
  readonly forward: string | undefined;
  readonly hashPolicy: string | undefined;
  /** The fields that hash policy 3 looks at, as a number. */
  readonly hashFields: string | undefined;
  /** Reverse path filter of each interface that leads to gateways; the stricter of its own and that of `all` counts. */
  readonly filters: ReadonlyMap<string, number>;
  /** Interfaces to gateways on which the kernel tells neighbours of shorter ways (ICMP redirects). */
  readonly redirecting: readonly string[];
  /** Whether no other interface has an address, so that devices come in where the gateways are. */
  readonly oneArmed: boolean;
  /** Whether IPv6 packets of others are forwarded, to a default route. */
  readonly ipv6: boolean;
}

/** What the kernel's settings mean for traffic through several gateways. */
export function judgeSettings(settings: Settings, gateways: number): Finding[] {
  return [
    judgeForwarding(settings),
    judgeFilters(settings),
    judgeRedirects(settings),
    judgeIpv6(settings),
    ...(gateways > 1 ? [judgeHash(settings)] : []),
  ];
}

function judgeForwarding({ forward }: Settings): Finding {
  const topic = "forwarding";
  if (forward !== "0") return fine(topic, "this machine forwards packets of others (net.ipv4.ip_forward)");
  return warning(
    topic,
    "net.ipv4.ip_forward is 0: only this machine's own connections take the gateways, packets of others are dropped",
    "sysctl -w net.ipv4.ip_forward=1, and a file in /etc/sysctl.d to keep it",
  );
}

/**
 * A strict filter (1) drops a packet that came in on an interface to which no route back leads (RFC 3704). With all
 * gateways behind one interface the managed route always leads back to it.
 */
function judgeFilters({ filters }: Settings): Finding {
  const topic = "rp_filter";
  const strict = [...filters].filter(([, value]) => value === 1).map(([device]) => device);
  if (strict.length === 0) return fine(topic, "replies may come in through any gateway");
  const names = strict.join(", ");
  if (filters.size === 1) {
    return fine(topic, `strict on ${names}, which does no harm while all gateways are behind this one interface`);
  }
  return warning(
    topic,
    `strict (1) on ${names}, and the gateways are behind ${filters.size} interfaces: a reply that comes in through one of them is dropped as soon as the route has no gateway there, so a gateway that leaves takes its open connections with it at once`,
    `sysctl ${["all", ...strict].map((device) => `net.ipv4.conf.${device}.rp_filter=2`).join(" ")}`,
  );
}

/**
 * Where packets leave through the interface they came in on, the kernel advises the sender to go to the gateway itself
 * (ip-sysctl, send_redirects). A device that obeys stays with that gateway, healthy or not.
 */
function judgeRedirects({ forward, redirecting, oneArmed }: Settings): Finding {
  const topic = "redirects";
  if (!oneArmed || forward === "0")
    return fine(topic, "devices are on other interfaces than the gateways, if there are any");
  if (redirecting.length === 0) return fine(topic, "devices are not sent to a gateway past this machine");
  const settings = ["all", "default", ...redirecting].map((device) => `net.ipv4.conf.${device}.send_redirects=0`);
  return warning(
    topic,
    `send_redirects is on at ${redirecting.join(", ")}, where devices and gateways are neighbours: this machine tells devices to go to a gateway directly, and they stay there when it fails`,
    `sysctl ${settings.join(" ")}`,
  );
}

function judgeIpv6({ ipv6 }: Settings): Finding {
  if (!ipv6) return fine("ipv6", "this machine forwards none, so nothing gets past the gateways that way");
  return warning(
    "ipv6",
    "this machine forwards IPv6 to a default route: it does not take the gateways, which are for IPv4 only",
    "sysctl net.ipv6.conf.all.forwarding=0, unless devices should have IPv6 past the gateways",
  );
}

const HASHES: Readonly<Record<string, string>> = {
  "1": "flows are told apart by addresses and ports (1)",
  "2": "flows are told apart by addresses, those inside a tunnel where there is one (2)",
  "3": "flows are told apart by the fields of net.ipv4.fib_multipath_hash_fields (3)",
};

function judgeHash({ hashPolicy }: Settings): Finding {
  const topic = "hash policy";
  const known = HASHES[hashPolicy ?? ""];
  if (known !== undefined) return fine(topic, known);
  const what = hashPolicy === undefined ? "this kernel knows" : "net.ipv4.fib_multipath_hash_policy is 0:";
  return warning(
    topic,
    `${what} addresses only, so all connections of one client to one server take one gateway, always the same`,
    hashPolicy === undefined
      ? "use Linux 4.12 or newer to tell connections apart by their ports as well"
      : "sysctl -w net.ipv4.fib_multipath_hash_policy=1 tells connections apart by their ports as well",
  );
}
