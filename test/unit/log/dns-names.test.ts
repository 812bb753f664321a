import { expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import type { Level } from "../../../src/log/log.ts";
import { createReloadableLog } from "../../../src/log/service-log.ts";
import { dnsName } from "../../fixtures/dns-names.ts";

const [ONE, OTHER] = ["gw.example.net", "sweden.example.net"].map((one) => dnsName(one)) as [
  ReturnType<typeof dnsName>,
  ReturnType<typeof dnsName>,
];

/** Lines from `info` on. */
function setUp(...dnsNames: readonly ReturnType<typeof dnsName>[]) {
  const lines: string[] = [];
  const write = (level: Level, message: string): void => void (level === "debug" || lines.push(`${level}: ${message}`));
  const log = createReloadableLog(Object.assign(write, { writes: () => false }), [{ dnsNames }]);
  return { ...log, lines: () => lines.splice(0) };
}

const verified = (hostname: string, ...addresses: readonly string[]): ServiceEvent =>
  ({ type: "ddns-verified", addresses, retained: [], dnsName: `${hostname} dynudns` }) as ServiceEvent;

test("a name goes on with what it has logged while a reload adds and removes another one", () => {
  const { record, reload, lines } = setUp(ONE);
  record(verified("gw.example.net", "1.0.0.1"));
  expect(lines()).toEqual(["info: ddns: gw.example.net resolves to 1.0.0.1"]);
  reload([{ dnsNames: [OTHER, ONE] }]);
  record(verified("gw.example.net", "1.0.0.1"));
  record(verified("sweden.example.net", "1.0.0.2"));
  expect(lines()).toEqual(["info: ddns: sweden.example.net resolves to 1.0.0.2"]);
  reload([{ dnsNames: [ONE] }]);
  record(verified("gw.example.net", "1.0.0.1"));
  expect(lines()).toEqual([]);
});

test("what a pool has logged of its gateways goes on as well", () => {
  const { record, reload, lines } = setUp(ONE);
  const failure = { kind: "failure", seconds: 1, code: "timeout", detail: "timeout after 1s" } as const;
  const lookUp = { type: "public-ip", gateway: "10.0.0.1", result: failure } as ServiceEvent;
  record(lookUp);
  expect(lines()).toHaveLength(1);
  reload([{ dnsNames: [ONE, OTHER] }]);
  record(lookUp);
  expect(lines()).toEqual([]);
});

test("a name without an address says whether it lacks any gateway or the one that it follows", () => {
  const follower = dnsName("sweden.example.net", { follows: { gateway: "10.0.0.2" } });
  const { record, lines } = setUp(ONE, follower);
  record(verified("gw.example.net"));
  record(verified("sweden.example.net"));
  expect(lines()).toEqual([
    "warn: ddns: gw.example.net has no address: no gateway is active",
    "warn: ddns: sweden.example.net has no address: its gateway is not active",
  ]);
});
