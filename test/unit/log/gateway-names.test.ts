import { describe, expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import type { Fields, Level } from "../../../src/log/log.ts";
import { createServiceLog } from "../../../src/log/service-log.ts";
import { dnsName } from "../../fixtures/dns-names.ts";

const SWEDEN = "10.0.0.1";
const UNNAMED = "10.0.0.2";

interface Line {
  readonly level: Level;
  readonly message: string;
  readonly fields: Fields | undefined;
}

/** The lines about these events of a pool whose first gateway has a name, and the second none. */
function linesOf(...events: readonly ServiceEvent[]): Line[] {
  const lines: Line[] = [];
  const write = (level: Level, message: string, fields?: Fields): void => void lines.push({ level, message, fields });
  const members = [
    { gateway: SWEDEN, name: "sweden", weight: 1, tier: 1 },
    { gateway: UNNAMED, weight: 1, tier: 1 },
  ];
  const record = createServiceLog(Object.assign(write, { writes: () => true }), [
    { dnsNames: [dnsName("a.b")], members },
  ]);
  for (const event of events) record(event);
  return lines;
}

const failure = { kind: "failure", seconds: 1, code: "timeout", detail: "timeout after 1s" } as const;
const fault = { code: "no-route", detail: "no route leads to it" } as const;
const shortage = { least: 2, policy: "keep", healthy: 0, total: 2 } as const;

/** Every event that makes lines about gateways. */
const events = (gateway: string): ServiceEvent[] => [
  { type: "probe", gateway, result: failure, failures: 1 },
  { type: "gateway", gateway, before: "up", status: "down", detail: "timeout after 1s", up: 1, down: 1, total: 2 },
  { type: "held", gateway, waitMs: 1000, losses: 2 },
  { type: "released", gateway, early: true },
  { type: "unusable", gateways: [gateway], fault, count: 1 },
  { type: "usable", gateways: [gateway], count: 0 },
  { type: "selection", held: [], kept: [gateway], shortage },
  { type: "public-ip", gateway, result: failure },
  { type: "public-ip", gateway, result: { kind: "success", seconds: 1, address: "1.1.1.1" } },
  { type: "public-ip-changed", gateway, from: undefined, to: "1.1.1.1" },
  { type: "exit", gateway, result: failure },
  { type: "exit", gateway, result: { kind: "success", seconds: 1, address: "1.1.1.1" } },
  { type: "exit-changed", gateway, from: undefined, to: "1.1.1.1" },
  { type: "exit-shared", address: "1.1.1.1", gateways: [gateway] },
  { type: "gateway-leaks", gateway, address: "1.1.1.1", leaking: true },
  { type: "gateway-leaks", gateway, address: "1.1.1.1", leaking: false },
];

describe("a line of the log", () => {
  test.each(events(SWEDEN).map((event) => [event.type, event] as const))(
    "about a %s names the gateway before its address",
    (_, event) => {
      const lines = linesOf(event);
      expect(lines).toHaveLength(1);
      expect(lines[0]!.message).toContain("sweden (10.0.0.1)");
      expect(lines[0]!.message.replace("sweden (10.0.0.1)", "")).not.toContain(SWEDEN);
    },
  );

  test.each(events(UNNAMED).map((event) => [event.type, event] as const))(
    "about a %s has the address of a gateway without a name",
    (_, event) => {
      const [{ message, fields } = { message: "", fields: undefined }] = linesOf(event);
      expect(message).toMatch(/(?<!\()10\.0\.0\.2(?!\))/);
      expect(fields ?? {}).not.toHaveProperty("gateway_name");
    },
  );

  test("has the name as a field of its own, beside the address", () => {
    const [down] = linesOf(events(SWEDEN)[1]!);
    expect(down).toEqual({
      level: "warn",
      message: "gateway sweden (10.0.0.1) down: timeout after 1s (1 of 2 healthy)",
      fields: { gateway: SWEDEN, status: "down", gateway_name: "sweden" },
    });
  });
});
