import { fine, type Finding, warning } from "./finding.ts";

/** Settings of this network namespace. Texts are those of `/proc/sys/net/ipv4`; undefined where a kernel has none. */
export interface Settings {
  readonly forward: string | undefined;
  readonly hashPolicy: string | undefined;
  /** The fields that hash policy 3 uses, as a number. */
  readonly hashFields: string | undefined;
  /** Reverse path filter of each interface that leads to gateways; the stricter of its own and that of `all` counts. */
  readonly filters: ReadonlyMap<string, number>;
  /** Interfaces to gateways on which the kernel sends ICMP redirects to neighbours. */
  readonly redirecting: readonly string[];
  /** Whether no other interface has an address, so that devices are on the interfaces of the gateways. */
  readonly oneArmed: boolean;
  /** Whether IPv6 packets of other devices are forwarded, to a default route. */
  readonly ipv6: boolean;
}

/** The effects of the kernel's settings on traffic through several gateways. */
export function checkSettings(settings: Settings, gateways: number): Finding[] {
  return [
    checkForwarding(settings),
    checkFilters(settings),
    checkRedirects(settings),
    checkIpv6(settings),
    ...(gateways > 1 ? [checkHash(settings)] : []),
  ];
}

function checkForwarding({ forward }: Settings): Finding {
  const topic = "forwarding";
  if (forward !== "0") return fine(topic, "this machine forwards packets of other devices (net.ipv4.ip_forward)");
  return warning(
    topic,
    "net.ipv4.ip_forward is 0: this machine drops packets of other devices, and only its own use the gateways",
    "sysctl -w net.ipv4.ip_forward=1, and a file in /etc/sysctl.d to make it permanent",
  );
}

/**
 * A strict filter (1) drops a packet that came in on an interface to which no route leads back (RFC 3704). With all
 * gateways behind one interface the managed route always leads back to it.
 */
function checkFilters({ filters }: Settings): Finding {
  const topic = "rp_filter";
  const strict = [...filters].filter(([, value]) => value === 1).map(([device]) => device);
  if (strict.length === 0) return fine(topic, "replies are accepted through every gateway");
  const names = strict.join(", ");
  if (filters.size === 1) {
    return fine(topic, `strict on ${names}, which has no effect while all gateways are behind this one interface`);
  }
  return warning(
    topic,
    `strict (1) on ${names}, and the gateways are behind ${filters.size} interfaces: a reply through one of them is dropped once the route has no gateway there, so the open connections of a gateway break as soon as it leaves the route`,
    `sysctl ${["all", ...strict].map((device) => `net.ipv4.conf.${device}.rp_filter=2`).join(" ")}`,
  );
}

/**
 * Where packets leave through the interface on which they came in, the kernel advises the sender to use the gateway itself
 * (ip-sysctl, send_redirects). A device that does so stays with that gateway, healthy or not.
 */
function checkRedirects({ forward, redirecting, oneArmed }: Settings): Finding {
  const topic = "redirects";
  if (!oneArmed || forward === "0") return fine(topic, "no other device is on the interfaces of the gateways");
  if (redirecting.length === 0) return fine(topic, "no device is redirected to a gateway (send_redirects)");
  const settings = ["all", "default", ...redirecting].map((device) => `net.ipv4.conf.${device}.send_redirects=0`);
  return warning(
    topic,
    `send_redirects is on at ${redirecting.join(", ")}, where devices and gateways are neighbours: this machine redirects devices to a single gateway, and they stay there when it fails`,
    `sysctl ${settings.join(" ")}`,
  );
}

function checkIpv6({ ipv6 }: Settings): Finding {
  if (!ipv6) return fine("ipv6", "this machine forwards no IPv6, so no IPv6 packet bypasses the gateways");
  return warning(
    "ipv6",
    "this machine forwards IPv6 to a default route: IPv6 packets bypass the gateways, which are for IPv4 only",
    "sysctl net.ipv6.conf.all.forwarding=0, unless IPv6 should bypass the gateways",
  );
}

const HASHES: Readonly<Record<string, string>> = {
  "1": "flows are distributed by addresses and ports (1)",
  "2": "flows are distributed by addresses, those inside a tunnel where there is one (2)",
  "3": "flows are distributed by the fields of net.ipv4.fib_multipath_hash_fields (3)",
};

function checkHash({ hashPolicy }: Settings): Finding {
  const topic = "hash policy";
  const known = HASHES[hashPolicy ?? ""];
  if (known !== undefined) return fine(topic, known);
  const subject = hashPolicy === undefined ? "this kernel" : "net.ipv4.fib_multipath_hash_policy 0";
  return warning(
    topic,
    `${subject} distributes flows by addresses only, so all connections of one client to one server use the same gateway`,
    hashPolicy === undefined
      ? "use Linux 4.12 or newer to distribute them by ports as well"
      : "sysctl -w net.ipv4.fib_multipath_hash_policy=1 distributes them by ports as well",
  );
}
