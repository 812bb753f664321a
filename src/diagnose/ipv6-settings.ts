import { list } from "../text/list.ts";
import { shellWord } from "../text/shell-word.ts";
import { sysctl } from "../text/sysctl.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";

/** Settings of one interface, from `/proc/sys/net/ipv6/conf`. */
export interface Ipv6Interface {
  readonly name: string;
  /** Whether this machine says there that it is a router; it forwards by the setting of `all`. */
  readonly isRouter: boolean;
  /** Whether packets that come in there are forwarded whatever `all` says; Linux 6.17 and newer. */
  readonly forcesForwarding: boolean;
  /** 1: advertisements of routers count unless it is one itself there; 2: always; 0: never, or another program reads them. */
  readonly acceptRa: number;
  readonly acceptsRedirects: boolean;
  /** Whether addresses stay while it is turned off. */
  readonly keepsAddresses: boolean;
  /** Whether it leads to gateways. */
  readonly leadsToGateways: boolean;
  /** Whether it has an address for good: one that does not expire, and means something beyond the link. */
  readonly hasPermanentAddress: boolean;
  /** What the kernel has from routers that advertise themselves there; it expires unless they go on. */
  readonly advertised: readonly ("default route" | "addresses")[];
}

/** Settings of this network namespace for IPv6. */
export interface Ipv6Settings {
  /** Whether the kernel forwards packets (net.ipv6.conf.all.forwarding); undefined where it has no IPv6. */
  readonly forwards: boolean | undefined;
  readonly hashPolicy: string | undefined;
  /** Those that lead to gateways or have an address, apart from the loopback. */
  readonly interfaces: readonly Ipv6Interface[];
  /** A running program that gives interfaces their addresses again. */
  readonly manager: string | undefined;
}

/** What is asked of the machine in IPv6. */
export interface Ipv6Wishes {
  /** How many gateways there are in a pool. */
  readonly gateways: number;
  /** The interfaces of gateways with link-local addresses. */
  readonly linkLocal: readonly string[];
}

/** The effects of the kernel's settings for IPv6 on traffic through several gateways. */
export function checkIpv6Settings(settings: Ipv6Settings, { gateways, linkLocal }: Ipv6Wishes): Finding[] {
  if (settings.forwards === undefined) return [failure("ipv6", "this kernel has no IPv6", "use one that has it")];
  return [
    checkForwarding(settings),
    checkAdvertisements(settings),
    checkAddresses(settings),
    checkRedirects(settings, linkLocal),
    checkAcceptedRedirects(settings),
    ...(gateways > 1 ? [checkHash(settings)] : []),
  ];
}

const namesOf = (some: readonly Ipv6Interface[]): string[] => some.map(({ name }) => name);

/** Interfaces that a sentence names at most. */
const MOST_NAMED = 8;

/**
 * The setting of `all` decides whether packets are forwarded (ip6_forward in net/ipv6/ip6_output.c); that of an interface
 * whether this machine says there that it is a router. Hosts drop a default router that says it is none (RFC 4861, 7.2.5).
 */
function checkForwarding({ forwards, interfaces }: Ipv6Settings): Finding {
  const topic = "forwarding";
  const isForced = interfaces.length > 0 && interfaces.every((one) => one.forcesForwarding);
  if (!forwards && !isForced) {
    const text =
      "net.ipv6.conf.all.forwarding is 0: this machine drops IPv6 packets of other devices, and only its own use the gateways";
    return warning(topic, text, forwardingRemedy(interfaces));
  }
  const hosts = namesOf(interfaces.filter(({ isRouter }) => !isRouter));
  if (hosts.length === 0) return fine(topic, "this machine forwards IPv6 packets of other devices");
  const text = `forwarding is off on ${list(hosts, MOST_NAMED)}: packets are forwarded all the same, but this machine says there that it is no router, so devices do not keep it as their default router`;
  const keep = interfaces.filter((one) => hosts.includes(one.name) && expiresWithForwarding(one));
  return warning(topic, text, [...acceptRa(keep), sysctl("forwarding", 1, hosts, 6)].join("; "));
}

/** What comes from advertisements must be accepted first: the kernel drops such a default route as soon as it forwards. */
function forwardingRemedy(interfaces: readonly Ipv6Interface[]): string {
  const setting = "net.ipv6.conf.all.forwarding=1";
  const file = "/etc/sysctl.d/90-ipv6-forward.conf";
  const keep = acceptRa(interfaces.filter(expiresWithForwarding));
  const commands = [...keep, `sysctl -w ${setting}`].join("; ");
  return `${commands}, and to make it permanent: echo ${setting} >${file}`;
}

function expiresWithForwarding({ acceptRa, advertised }: Ipv6Interface): boolean {
  return acceptRa === 1 && advertised.length > 0;
}

function acceptRa(some: readonly Ipv6Interface[]): string[] {
  return some.length === 0 ? [] : [sysctl("accept_ra", 2, namesOf(some), 6)];
}

/** An interface that forwards ignores the advertisements of other routers, unless accept_ra is 2 (ip-sysctl). */
function checkAdvertisements({ interfaces }: Ipv6Settings): Finding {
  const topic = "router advertisements";
  const ignoring = interfaces.filter((one) => one.isRouter && expiresWithForwarding(one));
  if (ignoring.length === 0) {
    const some = interfaces.some(({ advertised }) => advertised.length > 0);
    return fine(topic, some ? "those of other routers are accepted" : "this machine has nothing from other routers");
  }
  const parts = ignoring.map(({ name, advertised }) => `${advertised.join(" and ")} on ${name}`);
  const text = `accept_ra is 1, with which the kernel ignores those of other routers where it forwards: what it has from them expires (${list(parts, MOST_NAMED)})`;
  return warning(topic, text, acceptRa(ignoring).join());
}

/** The kernel removes addresses of IPv6 when their interface is turned off (keep_addr_on_down in ip-sysctl). */
function checkAddresses({ interfaces, manager }: Ipv6Settings): Finding {
  const topic = "addresses";
  const losing = namesOf(
    interfaces.filter((one) => one.leadsToGateways && one.hasPermanentAddress && !one.keepsAddresses),
  );
  if (losing.length === 0) return fine(topic, "those towards the gateways outlast an interface that is turned off");
  const names = list(losing, MOST_NAMED);
  if (manager !== undefined) {
    return fine(topic, `those of ${names} go when it is turned off; ${manager} runs, which sets them again`);
  }
  const text = `keep_addr_on_down is 0 on ${names}: IPv6 addresses go when it is turned off, and no gateway there can be used until something sets them again`;
  return warning(topic, text, sysctl("keep_addr_on_down", 1, losing, 6));
}

/**
 * Where packets leave through the interface on which they came in, the kernel redirects the sender to the gateway itself if
 * that has a link-local address, and has no setting against it (ndisc_send_redirect in net/ipv6/ndisc.c).
 */
function checkRedirects({ interfaces }: Ipv6Settings, linkLocal: readonly string[]): Finding {
  const topic = "redirects";
  const isOneArmed = interfaces.every(({ leadsToGateways }) => leadsToGateways);
  if (!isOneArmed) return fine(topic, "other devices are on other interfaces than the gateways");
  if (linkLocal.length === 0)
    return fine(topic, "no device is redirected to a gateway, whose addresses are not link-local");
  return warning(
    topic,
    `gateways with link-local addresses and devices are neighbours on ${list(linkLocal, MOST_NAMED)}: this machine redirects devices to a single gateway, and they stay there when it fails`,
    "give these gateways by addresses that are not link-local, such as those of fd00::/8",
  );
}

/** A redirect changes where packets to one address go. A router accepts none (rt6_do_redirect in net/ipv6/route.c). */
function checkAcceptedRedirects({ interfaces }: Ipv6Settings): Finding {
  const topic = "accept_redirects";
  const open = namesOf(
    interfaces.filter(({ leadsToGateways, isRouter, acceptsRedirects }) => {
      return leadsToGateways && !isRouter && acceptsRedirects;
    }),
  );
  if (open.length === 0) return fine(topic, "no neighbour can redirect packets to a host that is no gateway");
  const text = `accept_redirects is on at ${list(open, MOST_NAMED)}: a gateway, or a host that pretends to be one, can redirect packets to a host that is no gateway, which the kill switch does not see`;
  return warning(topic, text, `${sysctl("accept_redirects", 0, open, 6)}, then ip -6 route flush cache`);
}

const HASHES: Readonly<Record<string, string>> = {
  "1": "flows are distributed by addresses and ports (1)",
  "2": "flows are distributed by addresses and flow labels, those inside a tunnel where there is one (2)",
  "3": "flows are distributed by the fields of net.ipv6.fib_multipath_hash_fields (3)",
};

/** Linux as a client gives a connection another flow label when its packets are lost (sk_rethink_txhash in net/core/sock.c). */
function checkHash({ hashPolicy }: Ipv6Settings): Finding {
  const topic = "hash policy";
  const known = HASHES[hashPolicy ?? ""];
  if (known !== undefined) return fine(topic, known);
  const setting = "net.ipv6.fib_multipath_hash_policy";
  return warning(
    topic,
    `${setting} 0 distributes flows by addresses and flow labels: connections of one client to one server use the same gateway where the client sets no labels, and one whose label changes after lost packets moves to another gateway and breaks`,
    `sysctl -w ${shellWord(`${setting}=1`)} distributes them by addresses and ports`,
  );
}
