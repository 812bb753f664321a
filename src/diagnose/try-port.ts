import type { ServiceConfig } from "../config/model.ts";
import { listenOn } from "../http/server.ts";
import { askOwnHealth } from "../service/port-owner.ts";
import type { PortFacts } from "./port.ts";

/** Listens for a moment where the service would. */
export async function tryPort(service: ServiceConfig, running: boolean): Promise<PortFacts> {
  const { metricsAddress: address, metricsPort: port } = service;
  const where = address === "all" ? `port ${port}` : `${address} port ${port}`;
  try {
    const listener = listenOn(address, (hostname) => Bun.listen({ hostname, port, socket: { data() {} } }));
    listener.stop(true);
    return { where, errorCode: undefined, health: undefined, running };
  } catch (error) {
    const errorCode = (error as { code?: string }).code ?? (error as Error).message;
    const health = errorCode === "EADDRINUSE" ? await askOwnHealth(service) : undefined;
    return { where, errorCode, health, running };
  }
}
