/** What end-to-end tests import: the lab, its parts, and labs that are closed with the test. */
import { expect, onTestFinished } from "bun:test";
import type { FakeDynuOptions } from "../../fakes/dynu.ts";
import { DdnsLab } from "./ddns.ts";
import { Lab, type LabOptions } from "./lab.ts";

export * from "../../fakes/gateway.ts";
export type { Daemon } from "./daemon.ts";
export { DdnsLab, publicOf, publicOf6, SERVICE_PORT, reporting, answeringJson, untilState } from "./ddns.ts";
export { EXECUTABLE, runExecutable } from "./executable.ts";
export { openReceiver, processesWith, writeScript } from "./hooks.ts";
export { gatewaysOfFlows } from "./flows.ts";
export { gatewaysOf, type RouteEvent } from "./kernel.ts";
export { address6Of, CLIENT6, flagsOfIpv6, INTERNET6, readSlots, ROUTER6, snapshot6, UPSTREAM6 } from "./ipv6.ts";
export { Lab, type LabOptions, PORT, PREFERENCE, PROTOCOL, TABLE } from "./lab.ts";
export { endProcess, IP, namespaceNames } from "./namespace.ts";
export { addressOf, CLIENT, ROUTER, UPSTREAM } from "./network.ts";
export { INTERNET, moved } from "./traffic.ts";

/** Timings with which a busy machine does not take a healthy gateway for a failed one. */
export const CALM = { "check-period": "1s", timeout: "1s" };

/** Opens a lab that is closed at the end of the current test, whether that passes or fails. */
export async function openLab(options?: LabOptions): Promise<Lab> {
  const lab = await Lab.open(options);
  onTestFinished(() => lab.close());
  return lab;
}

/** Opens a lab with a DNS name. At the end of the test it checks that no invariant of the name was violated. */
export async function openDdnsLab(options: LabOptions & FakeDynuOptions = {}): Promise<{ lab: Lab; ddns: DdnsLab }> {
  const lab = await openLab(options);
  const ddns = await DdnsLab.open(lab, options);
  onTestFinished(() => expect(ddns.violations()).toEqual([]));
  return { lab, ddns };
}
