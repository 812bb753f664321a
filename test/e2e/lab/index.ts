/** What an end-to-end test imports. */
import { expect, onTestFinished } from "bun:test";
import type { FakeDynuOptions } from "../../fakes/dynu.ts";
import { DdnsLab } from "./ddns.ts";
import { Lab, type LabOptions } from "./lab.ts";

export * from "../../fakes/gateway.ts";
export { type Daemon, EXECUTABLE } from "./daemon.ts";
export { DdnsLab, publicOf, SERVICE_PORT, telling, tellingJson, untilState } from "./ddns.ts";
export { openReceiver, processesWith, writeScript } from "./hooks.ts";
export { gatewaysOf, type RouteEvent } from "./kernel.ts";
export { Lab, type LabOptions, PORT, PREFERENCE, PROTOCOL, TABLE } from "./lab.ts";
export { endProcess, IP, namespaceNames } from "./namespace.ts";
export { addressOf, CLIENT, ROUTER, UPSTREAM } from "./network.ts";
export { INTERNET } from "./traffic.ts";

/** A lab for the test that runs now; it goes away with the test, however that ends. */
export async function openLab(options?: LabOptions): Promise<Lab> {
  const lab = await Lab.open(options);
  onTestFinished(() => lab.close());
  return lab;
}

/** A lab with a name to keep. The end of the test checks that nothing happened that never may. */
export async function openDdnsLab(options: LabOptions & FakeDynuOptions = {}): Promise<{ lab: Lab; ddns: DdnsLab }> {
  const lab = await openLab(options);
  const ddns = await DdnsLab.open(lab, options);
  onTestFinished(() => expect(ddns.harm()).toEqual([]));
  return { lab, ddns };
}
