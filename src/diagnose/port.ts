import type { HealthAnswer } from "../http/health-client.ts";
import { failure, fine, type Finding } from "./finding.ts";

/** The result of an attempt to listen on the metrics port. */
export interface PortFacts {
  /** Address and port, for messages. */
  readonly where: string;
  /** The system's error code; undefined when the port is free. */
  readonly errorCode: string | undefined;
  /** What answers `/healthz` there, if the port is in use. */
  readonly health: HealthAnswer | undefined;
  /** Whether an instance runs that manages the same table. */
  readonly running: boolean;
}

/** Whether the service could listen on its port, or does so already. */
export function checkPort({ where, errorCode, health, running }: PortFacts): Finding {
  const topic = "metrics port";
  if (errorCode === undefined) return fine(topic, `${where} is free`);
  if (errorCode !== "EADDRINUSE") {
    const remedy =
      errorCode === "EACCES"
        ? "choose a -metrics-port above 1023"
        : "check -metrics-port, and that -metrics-address is one of this machine (ip address)";
    return failure(topic, `cannot listen on ${where}: ${errorCode}`, remedy);
  }
  const isOurs = health?.code === "ours-ok" || health?.code === "ours-not-ok";
  if (isOurs && running) return fine(topic, `${where} is that of the running instance, which says "${health.detail}"`);
  const owner = isOurs ? "an instance with another table" : "another program";
  return failure(topic, `${where} is in use by ${owner}`, "choose another -metrics-port");
}
