import type { Family } from "../../net/address.ts";

/** An address that the router on duty has, and its interface. */
export interface VirtualAddress {
  readonly family: Family;
  /** With its prefix length: `192.168.20.1/24`. */
  readonly cidr: string;
  readonly device: string;
}

/** One router of a pair. */
export interface PairMember {
  /** The addresses that move, the one of the interface that both routers speak over first. */
  readonly virtual: readonly [VirtualAddress, ...VirtualAddress[]];
  /** That of this router, and that of the other one, of the family of the first virtual address. */
  readonly own: string;
  readonly peer: string;
  readonly routerId: number;
  readonly trackFile: string;
  /** What the flags of the service lack for a pair. */
  readonly lacks: readonly string[];
}

/**
 * A configuration of keepalived 2.2 and newer for one router of a pair, from keepalived.conf(5).
 *
 * Both routers have the same priority, to which the number of usable gateways is added. So the one with more takes over, and
 * none takes over from an equal one: the address does not move back when a router returns. `nopreempt` would also keep it on
 * a router whose gateways are all lost.
 */
export function keepalivedConfig({ virtual, own, peer, routerId, trackFile, lacks }: PairMember): string {
  const [first] = virtual;
  const others = virtual.filter(({ family }) => family !== first.family);
  const lines = (some: readonly VirtualAddress[]): string =>
    some.map(({ cidr, device }) => `    ${cidr} dev ${device}\n`).join("");
  const excluded = others.length === 0 ? "" : `  virtual_ipaddress_excluded {\n${lines(others)}  }\n`;
  return `# keepalived.conf of the router ${own}, for keepalived 2.2 and newer. That of ${peer} is the same with both addresses
# swapped: print it with -own-address ${peer} -peer-address ${own}.
${lacks.map((lack) => `# The service needs ${lack} on both routers, which these flags lack.\n`).join("")}global_defs {
  vrrp_version 3
}

# The service writes it: the number of usable gateways, 0 without any and after a stop.
track_file usable_gateways {
  file "${trackFile}"
  weight 1
}

vrrp_instance gateways {
  state BACKUP
  interface ${first.device}
  virtual_router_id ${routerId}
  # The same on both, without nopreempt: the router with more usable gateways takes over, and an equal one leaves the
  # addresses where they are.
  priority 50
  advert_int 0.3
  unicast_src_ip ${own}
  unicast_peer {
    ${peer}
  }
  virtual_ipaddress {
${lines(virtual.filter(({ family }) => family === first.family))}  }
${excluded}  track_file {
    usable_gateways
  }
}
`;
}
