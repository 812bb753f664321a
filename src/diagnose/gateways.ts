import { redirectStatus } from "../fetch/redirect.ts";
import { familyOf } from "../net/address.ts";
import { formatDuration } from "../net/duration.ts";
import type { ProbeFailureCode, ProbeResult } from "../probe/probe.ts";
import { addressText, type GatewayText } from "../text/gateway.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";

/** A gateway after one probe, with what explains a failure. */
export interface ProbedGateway {
  readonly gateway: string;
  readonly result: ProbeResult;
  /** Whether a machine answered requests (ARP, NDP) for the address; undefined where there was none lately. */
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
  /** What stands before the names of its settings: a dash of flags by default, and nothing for keys of a file. */
  readonly dash?: string;
}

/**
 * A finding for each gateway. One that fails is an error only if every other one fails as well.
 *
 * @param upAnyway whether another prober, which is enough, finds a gateway up
 */
export function checkProbes(
  probed: readonly ProbedGateway[],
  target: ProbeTarget,
  textOf: GatewayText = addressText,
  upAnyway = false,
): Finding[] {
  const { dash = "-" } = target;
  const someUp = upAnyway || probed.some(({ result }) => result.kind === "success");
  return probed.map((one) => {
    const { gateway, result } = one;
    const topic = `gateway ${textOf(gateway)}`;
    const seconds = formatDuration(Math.max(1, Math.round(result.seconds * 1000)));
    if (result.kind === "success") return fine(topic, `healthy: ${result.detail} after ${seconds}`);
    const level = someUp ? warning : failure;
    const after = result.code === "timeout" ? "" : ` after ${seconds}`; // the detail of a timeout names its duration
    const found = result.redirect ? redirectStatus(result.redirect) : result.detail; // the remedy says the rest
    return level(topic, `${found}${after}${explanationOf(one)}`, remedyOf(one, { ...target, dash }));
  });
}

/** What else is known of a gateway that fails. */
function explanationOf({ gateway, result, answersArp, otherPorts }: ProbedGateway): string {
  const code = result.kind === "failure" ? result.code : undefined;
  if (otherPorts.length > 0) return `, but port ${otherPorts.join(" and ")} answers`;
  if (code === "refused") return ": the host is up, but nothing listens there for other machines";
  if (code === "timeout" && answersArp === true) return ": the machine is up, but does not answer";
  return isAbsent(code, answersArp)
    ? `: no machine answers for this address (${familyOf(gateway) === 4 ? "ARP" : "NDP"})`
    : "";
}

/** Whether no machine has the address. Blocked packets trigger no request for it, so the entry may be old. */
function isAbsent(code: ProbeFailureCode | undefined, answersArp: boolean | undefined): boolean {
  return answersArp === false && code !== "blocked";
}

function remedyOf({ gateway, result, answersArp, otherPorts }: ProbedGateway, target: Required<ProbeTarget>): string {
  const { dash } = target;
  if (result.kind === "success") return "";
  if (result.code === "no-address") return "read the log of the gateway: its VPN is down";
  if (isAbsent(result.code, answersArp)) return "check that the gateway is running, and that this is its address";
  if (otherPorts.includes(HEALTH_PORT)) {
    return `Gluetun's health server answers there: set ${dash}port ${HEALTH_PORT} ${dash}scheme http`;
  }
  if (result.redirect?.change === "host") {
    return `redirects are not followed, and this one leads to another host, which says nothing about the gateway: set ${dash}path to one that the gateway answers itself`;
  }
  if (result.status !== undefined) return remedyOfStatus(result.status, target);
  return REMEDIES[result.code]?.(target, gateway) ?? "read the log of the gateway";
}

function remedyOfStatus(status: number, { scheme, port, path, dash }: Required<ProbeTarget>): string {
  if (status >= 300 && status <= 399) {
    return `redirects are not followed: set ${dash}scheme, ${dash}port and ${dash}path to their target (now ${scheme}, ${port} and ${path})`;
  }
  if (status === 400)
    return `the server does not accept the request: check ${dash}scheme ${scheme}, ${dash}port ${port} and ${dash}path ${path}`;
  if (status === 404) return `the gateway has no ${path}: set ${dash}path`;
  if (status === 401 || status === 403) return `choose a ${dash}path that needs no credentials`;
  return "the gateway reports that it is not healthy: read its own log (Gluetun: the VPN is down or connecting)";
}

/** As `ip route get` takes a gateway. */
function lookUpOf(gateway: string): string {
  const [address, device] = gateway.split("%");
  return device === undefined ? gateway : `${address} oif ${device}`;
}

/** By the code of a failure without an answer. Others are not to be expected: a gateway is an address, not a host name. */
const REMEDIES: Readonly<
  Partial<Record<ProbeFailureCode, (target: Required<ProbeTarget>, gateway: string) => string>>
> = {
  refused: ({ port, dash }, gateway) => {
    const health = familyOf(gateway) === 4 ? `0.0.0.0:${port}` : `:${port}`;
    const setting = port === CONTROL_PORT ? `HTTP_CONTROL_SERVER_ADDRESS=:${port}` : `HEALTH_SERVER_ADDRESS=${health}`;
    return `Gluetun: set ${setting}, since a server at ${familyOf(gateway) === 4 ? "127.0.0.1" : "::1 or of IPv4 alone"} accepts no other machine; any other gateway: check ${dash}port ${port}`;
  },
  timeout: ({ dash }) => `check the firewalls on the path to the gateway, or raise ${dash}timeout`,
  unreachable: (_, gateway) =>
    `check that the gateway is running, that this machine has a route to it (ip route get ${lookUpOf(gateway)}), and that no firewall on the path rejects the probe`,
  blocked: (_, gateway) =>
    `check this machine's own firewall, and its prohibit and blackhole routes (ip route get ${lookUpOf(gateway)})`,
  reset: ({ scheme, dash }) =>
    `the gateway closed the connection: check ${dash}scheme ${scheme}, and that it accepts this machine`,
  malformed: ({ scheme, dash }) =>
    `the server at this port does not speak ${scheme}: check ${dash}port and ${dash}scheme`,
  tls: ({ dash }) =>
    `its certificate must be valid for its address and by the clock of this machine (NODE_EXTRA_CA_CERTS names the file of an authority), or use ${dash}scheme http`,
  exhausted: () => "raise the limits of this machine (ulimit -n), or probe fewer gateways",
  content: () => "check the expected text of the probe, and what the target answers",
};
