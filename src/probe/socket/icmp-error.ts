import { formatAddress } from "../../net/address.ts";
import { decodeSockaddr } from "./sockaddr.ts";

/** An ICMP error that a socket received. */
export interface IcmpError {
  readonly type: number;
  readonly code: number;
  /** The address of the machine that sent it. */
  readonly from: string;
}

/** IP_RECVERR and SO_EE_ORIGIN_ICMP (ip(7)). */
const RECVERR = 11;
const ORIGIN_ICMP = 2;

/**
 * Reads the control message of a packet of a socket's error queue: a `cmsghdr`, a `sock_extended_err` and a
 * `sockaddr_in` (ip(7), recvmsg(2)).
 *
 * @returns undefined where it is no ICMP error
 */
export function parseIcmpError(control: Buffer): IcmpError | undefined {
  if (control.length < 48 || control.readInt32LE(8) !== 0 || control.readInt32LE(12) !== RECVERR) return undefined;
  const [origin, type, code] = [control[20]!, control[21]!, control[22]!];
  const from = decodeSockaddr(control.subarray(32, 48));
  return origin === ORIGIN_ICMP && from ? { type, code, from: formatAddress(from) } : undefined;
}

const UNREACHABLE = 3;
const PORT = 3;

/** The codes of "destination unreachable" (RFC 792, RFC 1122, RFC 1812). */
const TEXTS: Readonly<Record<number, string>> = {
  0: "network unreachable",
  1: "host unreachable",
  2: "protocol unreachable",
  [PORT]: "port unreachable",
  6: "network unknown",
  7: "host unknown",
  9: "network administratively prohibited",
  10: "host administratively prohibited",
  13: "administratively prohibited",
};
const TTL_EXCEEDED = 11;

/**
 * The reason of a failure that an ICMP error reported.
 *
 * @param own the address that the socket sent from: the kernel itself reports to it that nothing answers ARP requests
 */
export function icmpFailure({ type, code, from }: IcmpError, own: string | undefined) {
  const text = type === UNREACHABLE ? TEXTS[code] : type === TTL_EXCEEDED ? "TTL exceeded" : undefined;
  const detail = `${text ?? `ICMP type ${type} code ${code}`}, reported by ${from === own ? "this machine" : from}`;
  return { code: type === UNREACHABLE && code === PORT ? "refused" : "unreachable", detail } as const;
}
