import type { PoolConfig, ServiceConfig } from "../config/parse.ts";
import { isTableLocked } from "../service/instance-lock.ts";
import { formatAddress } from "../net/address.ts";
import { httpProbe } from "../probe/http.ts";
import type { ProbeResult } from "../probe/probe.ts";
import { askHealth } from "../http/health-client.ts";
import { listenOn } from "../http/server.ts";
import { readNeighbours } from "../routing/iproute2/inspect.ts";
import { CONTROL_PORT, HEALTH_PORT, type Probed } from "./gateways.ts";
import type { PortFacts } from "./port.ts";

/** Probes every gateway once, all at the same time, and looks around those that fail. */
export async function probeAll(pool: PoolConfig): Promise<Probed[]> {
  const probe = httpProbe(pool);
  const results = await Promise.all(
    pool.gateways.map(async (gateway) => {
      const result = await probe(gateway);
      return { gateway, result, answering: await otherPorts(gateway, result, pool) };
    }),
  );
  const neighbours = await readNeighbours().catch(() => new Map<string, boolean>());
  return results.map((one) => ({ ...one, isThere: neighbours.get(one.gateway) }));
}

/** Ports of Gluetun that speak HTTP on a host whose probed port is closed. */
async function otherPorts(gateway: string, result: ProbeResult, { port, timeout }: PoolConfig): Promise<number[]> {
  if (result.kind === "success" || result.code !== "refused") return [];
  const others = [HEALTH_PORT, CONTROL_PORT].filter((other) => other !== port);
  const answers = await Promise.all(
    others.map((other) => httpProbe({ scheme: "http", port: other, path: "/", timeout })(gateway)),
  );
  return others.filter((_, index) => answers[index]!.status !== undefined);
}

/** Tries for a moment to listen where the service would. */
export async function tryPort(service: ServiceConfig, running: boolean): Promise<PortFacts> {
  const { metricsAddress: address, metricsPort: port } = service;
  const where = address === "all" ? `port ${port}` : `${address} port ${port}`;
  try {
    const listener = listenOn(address, (hostname) => Bun.listen({ hostname, port, socket: { data() {} } }));
    listener.stop(true);
    return { where, refusal: undefined, health: undefined, running };
  } catch (error) {
    const refusal = (error as { code?: string }).code ?? (error as Error).message;
    const health = refusal === "EADDRINUSE" ? await askHealth(address, port) : undefined;
    return { where, refusal, health, running };
  }
}

/** Which of these tables running instances manage. */
export async function managedAmong(tables: Iterable<number>): Promise<ReadonlySet<number>> {
  const all = [...new Set(tables)];
  const locked = await Promise.all(all.map(isTableLocked));
  return new Set(all.filter((_, index) => locked[index]));
}

/** The address that this machine needs for writing records, where one is told. */
export function requiredAddress({ ddnsProvider, ddnsRequireIpAddress: required }: PoolConfig): string | undefined {
  return ddnsProvider === undefined || required === undefined ? undefined : formatAddress(required);
}
