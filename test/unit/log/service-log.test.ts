import { describe, expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import { createServiceLog } from "../../../src/log/service-log.ts";
import type { Level } from "../../../src/log/log.ts";
import { dnsName } from "../../fixtures/dns-names.ts";
import { lines, linesOf, sentences, settled, trouble, turned } from "./service-log.fixture.ts";

test("an ip monitor that keeps exiting is logged with its last output, and so is its recovery", () => {
  expect(sentences({ type: "watching", trouble: "it broke" }, { type: "watching", trouble: undefined })).toEqual([
    "error: ip monitor keeps exiting: it broke; changes by other programs are detected late until it runs",
    "info: ip monitor runs again",
  ]);
});

test.each<ServiceEvent>([
  { type: "cycle", seconds: 1, up: 3 },
  { type: "ip-run", ok: true },
  { type: "observed", gateways: 0, routes: [], rules: [] },
  settled,
])("routine is not logged: %j", (event) => {
  expect(lines(event)).toEqual([]);
});

describe("pools with names", () => {
  const names = ["vpn", "lte"];
  const of = (pool: string, event: ServiceEvent): ServiceEvent => ({ ...event, pool }) as ServiceEvent;

  test("are named in the text and in a field, before the other fields", () => {
    const [line] = linesOf(names, of("lte", turned("10.0.0.11", "up", "status 200")));
    expect(line).toEqual({
      level: "info",
      message: "pool lte: gateway 10.0.0.11 up (2 of 5 healthy)",
      fields: { pool: "lte", gateway: "10.0.0.11", status: "up" },
    });
    expect(Object.keys(line!.fields!)).toEqual(["pool", "gateway", "status"]);
  });

  test("have their own trouble, and its end", () => {
    const found = linesOf(
      names,
      of("vpn", trouble("ip failed")),
      of("lte", trouble("ip failed")),
      of("lte", settled),
      of("vpn", trouble("ip failed")),
    );
    expect(found.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      "error: pool vpn: ip failed; next try in 50ms",
      "error: pool lte: ip failed; next try in 50ms",
      "info: pool lte: the kernel holds what it should again",
      "debug: pool vpn: ip failed; next try in 50ms",
    ]);
  });

  test("have their own table and their own DNS name", () => {
    const rule = { kind: "lookup", family: 4, preference: 10_888, table: 181 } as const;
    const [applied, ddns] = linesOf(
      names,
      of("lte", { type: "applied", changes: [{ op: "add-rule", rule }], seconds: 0.1, error: undefined }),
      of("lte", { type: "ddns-skipped", reason: "no_change" }),
    );
    expect(applied!.message).toMatch(/^pool lte: ip rule add pref 10888 .*lookup 181/);
    expect(ddns!.message).toStartWith("pool lte: ddns: ");
  });

  test("have lines for each DNS name, also of those at two providers", () => {
    const verified = (key: string, address: string): ServiceEvent => {
      return { type: "ddns-verified", addresses: [address], retained: [], dnsName: key };
    };
    const lines: string[] = [];
    const write = (_: Level, message: string): void => void lines.push(message);
    const dnsNames = [
      dnsName("gw.example.com"),
      dnsName("gw.example.com", { ddnsProvider: "rfc2136" }),
      dnsName("sweden.example.com"),
    ];
    const record = createServiceLog(Object.assign(write, { writes: () => true }), [{ dnsNames }]);
    record(verified("gw.example.com rfc2136", "1.0.0.1"));
    record(verified("sweden.example.com dynudns", "1.0.0.2"));
    record(verified("gone.example.com dynudns", "1.0.0.3"));
    record({ type: "ddns-skipped", reason: "no_change", dnsName: "gw.example.com dynudns" });
    expect(lines).toEqual([
      "ddns: gw.example.com at rfc2136 resolves to 1.0.0.1",
      "ddns: sweden.example.com resolves to 1.0.0.2",
      "ddns: gw.example.com at dynudns: nothing written: no_change",
    ]);
  });

  test("are not named in what concerns the machine", () => {
    const found = linesOf(names, { type: "watching", trouble: undefined });
    expect(found).toEqual([{ level: "info", message: "ip monitor runs again", fields: undefined }]);
  });
});

test("lines about IPv6 of a pool that routes IPv4 alone, and rejects it, say so", () => {
  const messages: string[] = [];
  const log = Object.assign((_: string, message: string) => void messages.push(message), { writes: () => true });
  const route = [{ address: { family: 4 as const, bits: 0 }, prefix: 0 }];
  const record = createServiceLog(log, [{ name: "vpn", dnsNames: [], route }]);
  record({ ...trouble("ip broke"), pool: "vpn", family: 6 } as ServiceEvent);
  expect(messages).toEqual(["pool vpn: IPv6: ip broke; next try in 50ms"]);
});
