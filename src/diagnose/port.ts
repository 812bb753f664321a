import type { HealthAnswer } from "../http/health-client.ts";
import { failure, fine, type Finding } from "./finding.ts";

/** What trying to listen on the metrics port told. */
export interface PortFacts {
  /** Address and port, for messages. */
  readonly where: string;
  /** Why nobody can listen there, as the system's error code; undefined when it is free. */
  readonly refusal: string | undefined;
  /** What answers `/healthz` there, if the port is in use. */
  readonly health: HealthAnswer | undefined;
  /** Whether an instance runs that manages the same table. */
  readonly running: boolean;
}

/** Whether the service could listen for Prometheus, or does so already. */
export function judgePort({ where, refusal, health, running }: PortFacts): Finding {
  const topic = "metrics port";
  if (refusal === undefined) return fine(topic, `${where} is free`);
  if (refusal !== "EADDRINUSE") {
    const remedy =
      refusal === "EACCES" ? "choose a -metrics-port above 1023" : "check -metrics-address and -metrics-port";
    return failure(topic, `cannot listen on ${where}: ${refusal}`, remedy);
  }
  const isOurs = health?.code === "ours-ok" || health?.code === "ours-not-ok";
  if (isOurs && running) return fine(topic, `${where} is that of the running instance, which says "${health.detail}"`);
  const owner = isOurs ? "an instance with another table" : "another program";
  return failure(topic, `${where} is in use by ${owner}`, "choose another -metrics-port");
}
