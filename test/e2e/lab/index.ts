/** What an end-to-end test imports. */
import { onTestFinished } from "bun:test";
import { Lab, type LabOptions } from "./lab.ts";

export * from "../../fakes/gateway.ts";
export { type Daemon, EXECUTABLE } from "./daemon.ts";
export { gatewaysOf, type RouteEvent } from "./kernel.ts";
export { Lab, PORT, PREFERENCE, PROTOCOL, TABLE } from "./lab.ts";
export { endProcess, IP, namespaceNames } from "./namespace.ts";
export { addressOf, CLIENT, ROUTER, UPSTREAM } from "./network.ts";
export { INTERNET } from "./traffic.ts";

/** A lab for the test that runs now; it goes away with the test, however that ends. */
export async function openLab(options?: LabOptions): Promise<Lab> {
  const lab = await Lab.open(options);
  onTestFinished(() => lab.close());
  return lab;
}
