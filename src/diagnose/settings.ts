import { type AnswerFacts, droppedAnswers } from "../config/answers.ts";
import { FLAG_NAMES } from "../config/setting-name.ts";
import { list } from "../text/list.ts";
import { sysctl } from "../text/sysctl.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";

/** Settings of this network namespace. Texts are those of `/proc/sys/net/ipv4`; undefined where a kernel has none. */
export interface Settings {
  readonly forward: string | undefined;
  /** Whether packets of other devices that come in on an interface are forwarded, of all interfaces with an address. */
  readonly forwarding: ReadonlyMap<string, boolean>;
  readonly hashPolicy: string | undefined;
  /** The fields that hash policy 3 uses, as a number. */
  readonly hashFields: string | undefined;
  /** Reverse path filter of each interface that leads to gateways; the stricter of its own and that of `all` counts. */
  readonly filters: ReadonlyMap<string, number>;
  /** Interfaces to gateways on which the kernel sends ICMP redirects to neighbours. */
  readonly redirecting: readonly string[];
  /** Interfaces to gateways on which the kernel obeys ICMP redirects of neighbours. */
  readonly redirected: readonly string[];
  /** Whether no other interface has an address, so that devices are on the interfaces of the gateways. */
  readonly oneArmed: boolean;
  readonly ipv6: {
    /** Whether there is a default route. */
    readonly leads: boolean;
    /** Whether packets of other devices are forwarded. */
    readonly forwards: boolean;
  };
}

/** What is asked of the machine. */
export interface Wishes {
  /** How many gateways there are. */
  readonly gateways: number;
  /** Whether no packet may bypass the gateways. */
  readonly killSwitch: boolean;
  /** Undefined where no probe goes beyond a gateway. */
  readonly answers?: AnswerFacts | undefined;
  /** The same of services that are asked through the gateways. */
  readonly serviceAnswers?: AnswerFacts | undefined;
  /** Pools that select packets by their mark, by their names; none by default. */
  readonly marking?: readonly string[];
  /** Whether any pool routes IPv6 or rejects it, so that not all of it bypasses the gateways. */
  readonly hasIpv6?: boolean;
  /** How the pools with a kill switch reject IPv6 as well; undefined where they cannot. */
  readonly blockIpv6?: string | undefined;
}

/** The effects of the kernel's settings on traffic through several gateways. */
export function checkSettings(settings: Settings, wishes: Wishes): Finding[] {
  return [
    checkForwarding(settings),
    checkFilters(settings, wishes),
    checkRedirects(settings),
    checkAcceptedRedirects(settings),
    ...(wishes.hasIpv6 ? [] : [checkIpv6(settings, wishes)]),
    ...(wishes.gateways > 1 ? [checkHash(settings)] : []),
  ];
}

/** The interface on which a packet comes in decides (IN_DEV_FORWARD in net/ipv4/route.c); ip_forward sets all of them. */
export function checkForwarding({ forward, forwarding }: Pick<Settings, "forward" | "forwarding">): Finding {
  const topic = "forwarding";
  const off = [...forwarding].filter(([, isOn]) => !isOn).map(([device]) => device);
  if (forward === "0" && off.length === forwarding.size) {
    return warning(
      topic,
      "net.ipv4.ip_forward is 0: this machine drops packets of other devices, and only its own use the gateways",
      "sysctl -w net.ipv4.ip_forward=1, and to make it permanent: echo net.ipv4.ip_forward=1 >/etc/sysctl.d/90-ip-forward.conf",
    );
  }
  if (off.length === 0) return fine(topic, "this machine forwards packets of other devices (net.ipv4.ip_forward)");
  return warning(
    topic,
    `forwarding is off on ${off.join(", ")}: packets of other devices that come in there, and answers to them, are dropped`,
    sysctl("forwarding", 1, off),
  );
}

/**
 * A strict filter (1) drops a packet that came in on an interface to which no route leads back (RFC 3704). With all
 * gateways behind one interface the managed route always leads back to it.
 */
function checkFilters({ filters }: Settings, { answers, serviceAnswers, marking = [] }: Wishes): Finding {
  const topic = "rp_filter";
  const dropped = [answers, serviceAnswers].flatMap((facts) => (facts && droppedAnswers(filters, facts)) ?? [])[0];
  if (dropped) {
    return failure(topic, dropped.text, dropped.remedy);
  }
  const strict = [...filters].filter(([, value]) => value === 1).map(([device]) => device);
  if (strict.length === 0) return fine(topic, "replies are accepted through every gateway");
  const names = strict.join(", ");
  if (marking.length > 0) {
    const pools = `${marking.length === 1 ? "pool" : "pools"} ${list(marking, MOST_POOLS)}`;
    return warning(
      topic,
      `strict (1) on ${names}: answers have no mark, so those to devices whose packets ${pools} ${marking.length === 1 ? "selects" : "select"} by a mark are dropped, unless other packets to the same addresses use that interface as well`,
      sysctl("rp_filter", 2, ["all", ...strict]),
    );
  }
  if (filters.size === 1) {
    return fine(topic, `strict on ${names}, which has no effect while all gateways are behind this one interface`);
  }
  return warning(
    topic,
    `strict (1) on ${names}, and the gateways are behind ${filters.size} interfaces: a reply through one of them is dropped once the route has no gateway there, so the open connections of a gateway break as soon as it leaves the route${answers ? `, and no answer to ${(answers.names ?? FLAG_NAMES).nameOf("through")} brings it back` : ""}`,
    sysctl("rp_filter", 2, ["all", ...strict]),
  );
}

/** Pools that a sentence names at most. */
const MOST_POOLS = 8;

/**
 * Where packets leave through the interface on which they came in, the kernel advises the sender to use the gateway itself
 * (ip-sysctl, send_redirects). A device that does so stays with that gateway, healthy or not.
 */
function checkRedirects({ forward, redirecting, oneArmed }: Settings): Finding {
  const topic = "redirects";
  if (!oneArmed || forward === "0") return fine(topic, "no other device is on the interfaces of the gateways");
  if (redirecting.length === 0) return fine(topic, "no device is redirected to a gateway (send_redirects)");
  return warning(
    topic,
    `send_redirects is on at ${redirecting.join(", ")}, where devices and gateways are neighbours: this machine redirects devices to a single gateway, and they stay there when it fails`,
    sysctl("send_redirects", 0, ["all", "default", ...redirecting]),
  );
}

/** A redirect changes where packets to one address go, behind the routes and rules (ip-sysctl, accept_redirects). */
function checkAcceptedRedirects({ redirected }: Settings): Finding {
  const topic = "accept_redirects";
  if (redirected.length === 0) return fine(topic, "no neighbour can redirect packets to a host that is no gateway");
  return warning(
    topic,
    `accept_redirects is on at ${redirected.join(", ")}: a gateway, or a host that pretends to be one, can redirect packets to a host that is no gateway, which the kill switch does not see`,
    `${sysctl("accept_redirects", 0, ["all", "default", ...redirected])}, then ip route flush cache`,
  );
}

function checkIpv6({ ipv6, forward }: Settings, { killSwitch, blockIpv6 }: Wishes): Finding {
  const topic = "ipv6";
  const { leads, forwards } = ipv6;
  if (!leads) return fine(topic, "this machine has no IPv6 default route, so no IPv6 packet bypasses the gateways");
  const ownMatter = killSwitch || forward === "0"; // a machine that forwards nothing is there for its own packets
  if (!forwards && !ownMatter) {
    return fine(
      topic,
      "this machine forwards no IPv6; its own IPv6 packets bypass the gateways, which are for IPv4 only",
    );
  }
  const packets = forwards ? "IPv6 packets of other devices, and its own," : "its own IPv6 packets";
  const commands = [
    ...(forwards ? ["net.ipv6.conf.all.forwarding=0"] : []),
    ...(ownMatter ? ["net.ipv6.conf.all.disable_ipv6=1"] : []),
  ];
  return warning(
    topic,
    `this machine has an IPv6 default route: ${packets} bypass the gateways${killSwitch ? " and the kill switch" : ""}, which are for IPv4 only`,
    `sysctl ${commands.join(" ")}, unless IPv6 should bypass the gateways${blockIpv6 === undefined ? "" : `; or ${blockIpv6}, which rejects it where IPv4 is routed`}`,
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
