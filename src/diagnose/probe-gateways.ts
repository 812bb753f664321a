import { allAddresses, type Config, type GatewayProbe } from "../config/model.ts";
import { probeOf } from "../ddns/public-address-probe.ts";
import { familyOf } from "../net/address.ts";
import { proberOf } from "../probe/probers.ts";
import type { ProbeResult } from "../probe/probe.ts";
import { readNeighbours } from "../routing/iproute2/inspect.ts";
import { lookUpPath } from "../service/look-up-paths.ts";
import { CONTROL_PORT, HEALTH_PORT, type ProbedGateway } from "./gateways.ts";

/** Probes every gateway that has this probe once, all at the same time, and gathers what explains the failures. */
export async function probeGateways(config: Config, target: GatewayProbe): Promise<ProbedGateway[]> {
  const { gateways, publicIp } = config;
  const own = gateways.filter(({ probes }) => probes.includes(target.name)).flatMap(allAddresses);
  const probe = probeOf({ ...target, ...publicIp, timeout: target.timeout }, undefined, lookUpPath(config));
  const results = await Promise.all(
    own.map(async (gateway) => {
      const result = await probe(gateway);
      return { gateway, result, otherPorts: await answeringPorts(gateway, result, target) };
    }),
  );
  const families = [...new Set(own.map(familyOf))];
  const neighbours = await readNeighbours(families).catch(() => new Map<string, boolean>());
  return results.map((one) => ({ ...one, answersArp: neighbours.get(one.gateway) }));
}

/** Ports of Gluetun that answer HTTP on a host that refuses connections to the probed port. */
async function answeringPorts(
  gateway: string,
  result: ProbeResult,
  { port, timeout }: GatewayProbe,
): Promise<number[]> {
  if (result.kind === "success" || result.code !== "refused") return [];
  const others = [HEALTH_PORT, CONTROL_PORT].filter((other) => other !== port);
  const answers = await Promise.all(
    others.map((other) => proberOf({ scheme: "http", port: other, path: "/", timeout })(gateway)),
  );
  return others.filter((_, index) => answers[index]!.status !== undefined);
}
