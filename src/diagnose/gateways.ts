import { formatDuration } from "../net/duration.ts";
import type { ProbeFailureCode, ProbeResult } from "../probe/probe.ts";
import type { NexthopFault, UnusableNexthop } from "../pool/nexthop-fault.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";

/** What one probe of a gateway told, and what its surroundings add. */
export interface Probed {
  readonly gateway: string;
  readonly result: ProbeResult;
  /** Whether the address answered when its link-layer address was asked (ARP); undefined where nobody has asked. */
  readonly isThere: boolean | undefined;
  /** Ports of Gluetun that answer HTTP although the probed one does not. */
  readonly answering: readonly number[];
}

/** Gluetun's defaults: its health server, and its control server. */
export const HEALTH_PORT = 9999;
export const CONTROL_PORT = 8000;

/** What is asked of each gateway. */
export interface ProbeTarget {
  readonly scheme: string;
  readonly port: number;
  readonly path: string;
}

/** Whether the gateways can be nexthops, by the reasons why some cannot. */
export function judgeReach(gateways: readonly string[], unusable: readonly UnusableNexthop[]): Finding[] {
  const topic = "nexthops";
  if (unusable.length === 0) return [fine(topic, "every gateway is on a network of this machine")];
  const level = unusable.length === gateways.length ? failure : warning;
  return [...Map.groupBy(unusable, ({ fault }) => fault.detail).values()].map((group) => {
    const { fault } = group[0]!;
    const named = group.map(({ gateway }) => gateway).join(", ");
    return level(topic, `${named} cannot be used: ${fault.detail}`, remedyOfFault(fault));
  });
}

function remedyOfFault({ code }: NexthopFault): string {
  return code === "own-address"
    ? "leave this machine's own address out of -start-ip and -end-ip"
    : "give this machine an address in the gateways' network, on the interface that leads there (ip address)";
}

/** A finding for each gateway. One that fails is an error only where no other one is left. */
export function judgeProbes(probed: readonly Probed[], target: ProbeTarget): Finding[] {
  const someUp = probed.some(({ result }) => result.kind === "success");
  return probed.map((one) => {
    const { gateway, result } = one;
    const topic = `gateway ${gateway}`;
    const took = formatDuration(Math.max(1, Math.round(result.seconds * 1000)));
    if (result.kind === "success") return fine(topic, `healthy: ${result.detail} after ${took}`);
    const level = someUp ? warning : failure;
    return level(topic, `${result.detail}${afterText(result, took)}${traits(one)}`, remedyOf(one, target));
  });
}

function afterText({ code }: ProbeResult & { kind: "failure" }, took: string): string {
  return code === "timeout" ? "" : ` after ${took}`; // a timeout tells its own time
}

/** What else is known of a gateway that fails. */
function traits({ result, isThere, answering }: Probed): string {
  const reason = result.kind === "failure" ? result.code : undefined;
  if (answering.length > 0) return `, but port ${answering.join(" and ")} answers`;
  if (reason === "refused") return ": the host is up, but nothing listens there for other machines";
  if (isThere === false) return ": no machine answers for this address (ARP)";
  if (reason === "timeout" && isThere === true) return ": the machine is up, but does not answer";
  return "";
}

function remedyOf({ result, isThere, answering }: Probed, { scheme, port, path }: ProbeTarget): string {
  if (result.kind === "success") return "";
  if (isThere === false) return "is it running, and is this its address?";
  if (answering.includes(HEALTH_PORT)) return `a Gluetun's health server is there: -port ${HEALTH_PORT} -scheme http`;
  if (result.status !== undefined) return remedyOfStatus(result.status, path);
  return REMEDIES[result.code](scheme, port);
}

function remedyOfStatus(status: number, path: string): string {
  if (status >= 300 && status <= 399) return `redirects are not followed: set -path (now ${path}) to where it leads`;
  if (status === 404) return `nothing is at ${path} there: set -path`;
  if (status === 401 || status === 403) return "choose a -path that needs no credentials";
  return "the gateway says that it is not healthy: look at its own log (Gluetun: the VPN is down or connecting)";
}

const REMEDIES: Readonly<Record<ProbeFailureCode, (scheme: string, port: number) => string>> = {
  refused: (_, port) =>
    port === CONTROL_PORT
      ? `Gluetun: HTTP_CONTROL_SERVER_ADDRESS=:${CONTROL_PORT}, since at 127.0.0.1 it is closed to others; any other gateway: is -port ${port} right?`
      : `Gluetun: HEALTH_SERVER_ADDRESS=0.0.0.0:${HEALTH_PORT}, since its default 127.0.0.1 is closed to others; any other gateway: is -port ${port} right?`,
  timeout: () => "does a firewall drop it there? Gluetun: FIREWALL_INPUT_PORTS; or is it slower than -timeout?",
  unresolved: () => "check the name servers of this machine",
  unreachable: () => "is it running, and is this its address?",
  blocked: () => "look for a rule of this machine's own firewall, and for a prohibit or blackhole route (ip route get)",
  reset: (scheme) => `it closed the connection: is -scheme ${scheme} right, and does it let this machine in?`,
  malformed: (scheme) => `what listens there does not speak ${scheme}: check -port and -scheme`,
  tls: (scheme) =>
    scheme === "https"
      ? "its certificate must be valid for its address (NODE_EXTRA_CA_CERTS names an authority's file), or use -scheme http"
      : "use -scheme http",
  exhausted: () => "raise the limits of this machine (ulimit -n), or probe fewer gateways",
  status: () => "look at the gateway's own log",
  other: () => "look at the gateway's own log",
};
