import { type Cidr, contains, formatCidr, parseCidr } from "../net/cidr.ts";
import { list } from "../text/list.ts";
import { fine, type Finding } from "./finding.ts";

/** From these all public addresses are (RFC 4291). */
const GLOBAL = parseCidr("2000::/3", [6])!;
/** Unique local addresses (RFC 4193). */
const UNIQUE_LOCAL = parseCidr("fc00::/7", [6])!;

const MOST_NAMED = 3;

/**
 * What the networks of this machine mean for devices there, whose packets come back only to addresses that belong to the
 * gateway.
 *
 * @param connected those of IPv6, apart from those of the ordinary internet connection
 */
export function adviceOf(connected: readonly Cidr[]): Finding[] {
  const topic = "device addresses";
  const within = (range: Cidr): string[] => connected.filter((one) => contains(range, one)).map(formatCidr);
  const [global, local] = [within(GLOBAL), within(UNIQUE_LOCAL)];
  const translate = "each gateway has to translate them (NAT66)";
  if (global.length > 0) {
    const text = `addresses of ${list(global, MOST_NAMED)} belong to one provider, so answers come back through that alone: ${translate}, or have a prefix of its own there`;
    return [fine(topic, text)];
  }
  if (local.length === 0) return [];
  const text = `addresses of ${list(local, MOST_NAMED)} are not public: ${translate}, and devices with IPv4 prefer that (RFC 6724), so they use little IPv6`;
  return [fine(topic, text)];
}
