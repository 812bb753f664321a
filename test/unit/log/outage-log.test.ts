import { describe, expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import type { Level } from "../../../src/log/log.ts";
import { createServiceLog, type LoggedPool } from "../../../src/log/service-log.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { WhenNoGateways } from "../../../src/routing/kill-switch.ts";

function sentences(pool: Partial<LoggedPool>, ...events: readonly ServiceEvent[]): string[] {
  const lines: string[] = [];
  const write = (level: Level, message: string): void => void lines.push(`${level}: ${message}`);
  const log = Object.assign(write, { writes: () => true });
  const record = createServiceLog(log, [{ dnsNames: [], ...pool }]);
  for (const event of events) record(event);
  return lines;
}

const outage = (more: Partial<Extract<ServiceEvent, { type: "outage" }>> = {}): ServiceEvent => {
  return { type: "outage", down: 3, drained: 0, total: 3, isUsed: false, ...more };
};

describe("that no gateway is usable is an error that says where packets go", () => {
  test.each<[WhenNoGateways, string]>([
    ["fall-through", "traffic takes the normal routing tables"],
    ["keep", "traffic keeps its last routes, whose gateways are down"],
    ["unreachable", "traffic is rejected (unreachable)"],
    ["prohibit", "traffic is rejected (prohibit)"],
    ["blackhole", "traffic is dropped (blackhole)"],
  ])("with %s", (whenNoGateways, packets) => {
    expect(sentences({ whenNoGateways }, outage())).toEqual([`error: all 3 gateways are down: ${packets}`]);
  });

  test("of a pool, in a family", () => {
    const route = ["0.0.0.0/0", "::/0"].map((text) => parseCidr(text, [4, 6])!);
    const pool = { name: "vpn", route, whenNoGateways: "prohibit" } as const;
    expect(sentences(pool, { ...outage({ down: 1, total: 1 }), pool: "vpn", family: 6 } as ServiceEvent)).toEqual([
      "error: pool vpn: IPv6: the only gateway is down: traffic is rejected (prohibit)",
    ]);
  });

  test("where gateways are used although they are down", () => {
    expect(sentences({ whenNoGateways: "fall-through" }, outage({ isUsed: true }))).toEqual([
      "error: all 3 gateways are down: they are used all the same (-min-healthy)",
    ]);
  });

  test("where not all of them are down", () => {
    const [line] = sentences({ whenNoGateways: "prohibit" }, outage({ down: 1, drained: 1, total: 5 }));
    expect(line).toStartWith("error: no gateway is usable (1 down, 1 drained, 3 left out as nexthops): traffic is");
  });
});

test("the end of an outage is a warning with its length, so that it reaches the readers of its beginning", () => {
  expect(sentences({}, { type: "outage-over", seconds: 125.3456, used: 2, total: 3 })).toEqual([
    "warn: after 2m5s without a usable gateway, traffic uses the gateways again: 2 of 3",
  ]);
});

describe("the first round of probes has one line", () => {
  const begun = (up: number, total: number, ...down: [gateway: string, detail: string][]): ServiceEvent => {
    return { type: "begun", up, total, down: down.map(([gateway, detail]) => ({ gateway, detail })) };
  };
  const many = Array.from({ length: 12 }, (_, index): [string, string] => [`g${index}`, "timeout after 1s"]);

  test.each<[ServiceEvent, string]>([
    [begun(40, 40), "info: all 40 gateways are up"],
    [begun(1, 1), "info: the gateway is up"],
    [begun(0, 0), "info: all gateways are drained"],
    [begun(2, 3, ["a", "status 503"]), "warn: 2 of 3 gateways are up; down: a: status 503"],
    [
      begun(0, 13, ...many, ["x", "connection refused"]),
      "warn: 0 of 13 gateways are up; down: g0, g1, g2, g3, g4, g5, g6, g7 and 4 more: timeout after 1s; x: connection refused",
    ],
  ])("%j", (event, expected) => {
    expect(sentences({}, event)).toEqual([expected]);
  });
});
