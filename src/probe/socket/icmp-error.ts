import { type Family, formatAddress } from "../../net/address.ts";
import { decodeSockaddr } from "./sockaddr.ts";

/** An ICMP error that a socket received. */
export interface IcmpError {
  /** That of ICMP by default, or that of ICMPv6. */
  readonly family?: Family;
  readonly type: number;
  readonly code: number;
  /** The address of the machine that sent it. */
  readonly from: string;
}

/** Where a control message says that it is an ICMP error: IP_RECVERR and SO_EE_ORIGIN_ICMP (ip(7)), and their like in ipv6(7). */
const ORIGINS = [
  { family: 4, level: 0, type: 11, origin: 2 },
  { family: 6, level: 41, type: 25, origin: 3 },
] as const;

/**
 * Reads the control message of a packet of a socket's error queue: a `cmsghdr`, a `sock_extended_err` and the address of
 * the sender (ip(7), ipv6(7), recvmsg(2)).
 *
 * @returns undefined where it is no ICMP error
 */
export function parseIcmpError(control: Buffer): IcmpError | undefined {
  if (control.length < 48) return undefined;
  const [level, kind, origin] = [control.readInt32LE(8), control.readInt32LE(12), control[20]!];
  const found = ORIGINS.find((one) => one.level === level && one.type === kind && one.origin === origin);
  const from = decodeSockaddr(control.subarray(32));
  if (found === undefined || from?.family !== found.family) return undefined;
  const { family } = found;
  return { ...(family === 6 && { family }), type: control[21]!, code: control[22]!, from: formatAddress(from) };
}

/** The texts of the errors of a family by their codes. */
interface Texts {
  /** The type "destination unreachable". */
  readonly unreachable: number;
  /** Its code for a closed port. */
  readonly port: number;
  readonly texts: Readonly<Record<number, string>>;
  /** The type of a packet that has passed too many routers. */
  readonly exceeded: number;
  readonly exceededText: string;
}

const TEXTS: Readonly<Record<Family, Texts>> = {
  // RFC 792, RFC 1122, RFC 1812
  4: {
    unreachable: 3,
    port: 3,
    texts: {
      0: "network unreachable",
      1: "host unreachable",
      2: "protocol unreachable",
      3: "port unreachable",
      6: "network unknown",
      7: "host unknown",
      9: "network administratively prohibited",
      10: "host administratively prohibited",
      13: "administratively prohibited",
    },
    exceeded: 11,
    exceededText: "TTL exceeded",
  },
  // RFC 4443
  6: {
    unreachable: 1,
    port: 4,
    texts: {
      0: "network unreachable",
      1: "administratively prohibited",
      2: "beyond the scope of the source address",
      3: "host unreachable",
      4: "port unreachable",
      5: "source address prohibited",
      6: "rejected by a route",
    },
    exceeded: 3,
    exceededText: "hop limit exceeded",
  },
};

/**
 * The reason of a failure that an ICMP error reported.
 *
 * @param own the address that the socket sent from: the kernel itself reports to it that nothing answers ARP requests, or
 *   neighbour solicitations
 */
export function icmpFailure({ family = 4, type, code, from }: IcmpError, own: string | undefined) {
  const { unreachable, port, texts, exceeded, exceededText } = TEXTS[family];
  const text = type === unreachable ? texts[code] : type === exceeded ? exceededText : undefined;
  const name = family === 4 ? "ICMP" : "ICMPv6";
  const detail = `${text ?? `${name} type ${type} code ${code}`}, reported by ${from === own ? "this machine" : from}`;
  return { code: type === unreachable && code === port ? "refused" : "unreachable", detail } as const;
}
