import { parseAddress } from "../net/address.ts";
import { contains, hostOf } from "../net/cidr.ts";
import { formatDuration } from "../net/duration.ts";
import type { Link } from "../net/link.ts";
import type { NexthopFault, UnusableNexthop } from "../pool/nexthop-fault.ts";
import type { ProbeFailureCode, ProbeResult } from "../probe/probe.ts";
import { shellWord } from "../text/shell-word.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";

/** A gateway after one probe, with what explains a failure. */
export interface ProbedGateway {
  readonly gateway: string;
  readonly result: ProbeResult;
  /** Whether a machine answered ARP requests for the address; undefined where there was none lately. */
  readonly answersArp: boolean | undefined;
  /** Ports of Gluetun that answer HTTP although the probed one does not. */
  readonly otherPorts: readonly number[];
}

/** Gluetun's defaults: its health server, and its control server. */
export const HEALTH_PORT = 9999;
export const CONTROL_PORT = 8000;

/** What is probed on each gateway. */
interface ProbeTarget {
  readonly scheme: string;
  readonly port: number;
  readonly path: string;
}

/** Whether the gateways can be nexthops: one finding for each reason why some cannot. */
export function checkNexthops(
  gateways: readonly string[],
  unusable: readonly UnusableNexthop[],
  links: readonly Link[],
): Finding[] {
  const topic = "nexthops";
  if (unusable.length === 0) return [fine(topic, "every gateway is on a directly connected network")];
  const level = unusable.length === gateways.length ? failure : warning;
  return [...Map.groupBy(unusable, ({ fault }) => fault.detail).values()].map((group) => {
    const { fault } = group[0]!;
    const faulty = group.map(({ gateway }) => gateway);
    const named = faulty.join(", ");
    return level(topic, `${named} cannot be used: ${fault.detail}`, remedyOfFault(fault, faulty, links));
  });
}

function remedyOfFault({ code }: NexthopFault, gateways: readonly string[], links: readonly Link[]): string {
  if (code === "own-address" || code === "not-unicast") {
    return `leave ${gateways.join(", ")} out of -start-ip and -end-ip`;
  }
  const hostRoute = (gateway: string, device: string): string =>
    `ip route add ${gateway}/32 dev ${shellWord(device)} scope link`;
  const device = unnumberedDevice(links);
  if (device === undefined) {
    return `give this machine an address in the gateways' network, on the interface that leads there (ip address), or make each gateway a neighbour (${hostRoute("GATEWAY", "INTERFACE")})`;
  }
  return gateways.map((gateway) => hostRoute(gateway, device)).join("; ");
}

/**
 * The interface that has addresses without a network around them (/32, /31), as some hosters give them: there, a gateway is
 * a neighbour by a route alone. Undefined where there is none, or several.
 */
function unnumberedDevice(links: readonly Link[]): string | undefined {
  const candidates = links.filter(({ name, up, addresses }) => {
    const areHosts = addresses.every(({ address, network }) => {
      return network.prefix >= 31 && contains(network, hostOf(parseAddress(address)!)); // no peer
    });
    return up && name !== "lo" && addresses.length > 0 && areHosts;
  });
  return candidates.length === 1 ? candidates[0]!.name : undefined;
}

/** A finding for each gateway. One that fails is an error only if every other one fails as well. */
export function checkProbes(probed: readonly ProbedGateway[], target: ProbeTarget): Finding[] {
  const someUp = probed.some(({ result }) => result.kind === "success");
  return probed.map((one) => {
    const { gateway, result } = one;
    const topic = `gateway ${gateway}`;
    const seconds = formatDuration(Math.max(1, Math.round(result.seconds * 1000)));
    if (result.kind === "success") return fine(topic, `healthy: ${result.detail} after ${seconds}`);
    const level = someUp ? warning : failure;
    const after = result.code === "timeout" ? "" : ` after ${seconds}`; // the detail of a timeout names its duration
    return level(topic, `${result.detail}${after}${explanationOf(one)}`, remedyOf(one, target));
  });
}

/** What else is known of a gateway that fails. */
function explanationOf({ result, answersArp, otherPorts }: ProbedGateway): string {
  const code = result.kind === "failure" ? result.code : undefined;
  if (otherPorts.length > 0) return `, but port ${otherPorts.join(" and ")} answers`;
  if (code === "refused") return ": the host is up, but nothing listens there for other machines";
  if (answersArp === false) return ": no machine answers for this address (ARP)";
  if (code === "timeout" && answersArp === true) return ": the machine is up, but does not answer";
  return "";
}

function remedyOf({ result, answersArp, otherPorts }: ProbedGateway, { scheme, port, path }: ProbeTarget): string {
  if (result.kind === "success") return "";
  if (answersArp === false) return CHECK_ADDRESS;
  if (otherPorts.includes(HEALTH_PORT)) {
    return `Gluetun's health server answers there: set -port ${HEALTH_PORT} -scheme http`;
  }
  if (result.status !== undefined && result.code !== "no-address") return remedyOfStatus(result.status, path);
  return REMEDIES[result.code](scheme, port);
}

const CHECK_ADDRESS = "check that the gateway is running, and that this is its address";

function remedyOfStatus(status: number, path: string): string {
  if (status >= 300 && status <= 399) return `redirects are not followed: set -path (now ${path}) to their target`;
  if (status === 404) return `the gateway has no ${path}: set -path`;
  if (status === 401 || status === 403) return "choose a -path that needs no credentials";
  return "the gateway reports that it is not healthy: read its own log (Gluetun: the VPN is down or connecting)";
}

const REMEDIES: Readonly<Record<ProbeFailureCode, (scheme: string, port: number) => string>> = {
  refused: (_, port) => {
    const setting =
      port === CONTROL_PORT
        ? `HTTP_CONTROL_SERVER_ADDRESS=:${CONTROL_PORT}`
        : `HEALTH_SERVER_ADDRESS=0.0.0.0:${HEALTH_PORT}`;
    return `Gluetun: set ${setting}, since a server at 127.0.0.1 accepts no other machine; any other gateway: check -port ${port}`;
  },
  timeout: () => "check the firewalls on the path to the gateway, or raise -timeout",
  unresolved: () => "check the name servers of this machine",
  unreachable: () => CHECK_ADDRESS,
  blocked: () => "check this machine's own firewall, and its prohibit and blackhole routes (ip route get)",
  reset: (scheme) => `the gateway closed the connection: check -scheme ${scheme}, and that it accepts this machine`,
  malformed: (scheme) => `the server at this port does not speak ${scheme}: check -port and -scheme`,
  tls: (scheme) =>
    scheme === "https"
      ? "its certificate must be valid for its address (NODE_EXTRA_CA_CERTS names the file of an authority), or use -scheme http"
      : "use -scheme http",
  exhausted: () => "raise the limits of this machine (ulimit -n), or probe fewer gateways",
  status: () => "read the log of the gateway",
  "no-address": () => "read the log of the gateway: its VPN is down",
  other: () => "read the log of the gateway",
};
