/** Which faults count for the verdict, besides the gateways and what the kernel holds. */
import { describe, expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import { configured, NEXTHOPS, turned } from "./faults.fixture.ts";

const ALL_UP = "all 3 gateways are up";
const trouble = (kind: "passing" | "access"): ServiceEvent => {
  return { type: "ddns-trouble", kind, detail: "Dynu cannot be reached", waitMs: 1000 };
};
const verified: ServiceEvent = { type: "ddns-verified", addresses: ["1.0.0.1"], retained: [] };
const DNS = "DNS name gw.example.net is not kept up to date: Dynu cannot be reached";

/** All gateways are up and carry traffic. */
function healthy(flags: Record<string, string> = {}, file?: string) {
  const opened = configured(flags, file);
  opened.record(...NEXTHOPS, ...[1, 2, 3].map((number) => turned(number, "up")));
  expect(opened.verdict()).toEqual(["healthy", ALL_UP]);
  return opened;
}

describe("records of a DNS name that cannot be kept right", () => {
  test("count at once where a person has to act, until they are correct", () => {
    const { record, verdict } = healthy();
    record(trouble("access"));
    expect(verdict()).toEqual(["degraded", `${DNS}; ${ALL_UP}`]);
    record(verified);
    expect(verdict()).toEqual(["healthy", ALL_UP]);
  });

  test("count from the third failure in a row on where they may pass, as for notifications", () => {
    const { record, verdict } = healthy();
    record(trouble("passing"), trouble("passing"));
    expect(verdict()[0]).toBe("healthy");
    record(trouble("passing"));
    expect(verdict()).toEqual(["degraded", `${DNS}; ${ALL_UP}`]);
    record(verified, trouble("passing"));
    expect(verdict()[0]).toBe("healthy");
  });

  test("count while name servers do not show them", () => {
    const { record, verdict } = healthy();
    record(verified, { type: "ddns-not-shown", seconds: 400, detail: "1.1.1.1 has 9.9.9.9" });
    expect(verdict()).toEqual([
      "degraded",
      `name servers do not show the addresses of gw.example.net: 1.1.1.1 has 9.9.9.9; ${ALL_UP}`,
    ]);
    record({ type: "ddns-shown", seconds: 500 });
    expect(verdict()[0]).toBe("healthy");
  });

  test("do not count while another machine writes them", () => {
    const { record, verdict } = healthy({ "ddns-require-ip-address": "10.0.0.9" });
    record(trouble("access"), { type: "ddns-write-gate", address: "10.0.0.9", allowed: false });
    expect(verdict()[0]).toBe("healthy");
  });

  test("are named beside gateways that are down", () => {
    const { record, verdict } = healthy();
    record(turned(3, "down"), trouble("access"));
    expect(verdict()).toEqual(["degraded", `2 of 3 gateways are up; ${DNS}`]);
  });
});

const exhausted: ServiceEvent = {
  ...{ type: "probe", gateway: "10.0.0.1", failures: 0 },
  result: { kind: "failure", code: "exhausted", detail: "no socket left", seconds: 0 },
};
const cycle: ServiceEvent = { type: "cycle", seconds: 0, up: 3 };

describe("a fault of the service counts until it is over", () => {
  test.each<[string, string, readonly ServiceEvent[], readonly ServiceEvent[]]>([
    [
      "a notification that was not delivered",
      "the last notification of -on-change failed: exit status 1",
      [{ type: "hook-run", channel: "command", problem: "exit status 1" }],
      [{ type: "hook-run", channel: "command", problem: undefined }],
    ],
    [
      "a hook that a reload may have replaced",
      "the last notification of -webhook-url failed: status 500",
      [{ type: "hook-run", channel: "webhook", problem: "status 500" }],
      [{ type: "reload", problems: [] }],
    ],
    [
      "ip monitor that does not run",
      "changes by other programs are detected late, since ip monitor does not run",
      [{ type: "watching", trouble: "exit status 1" }],
      [{ type: "watching", trouble: undefined }],
    ],
    ["probes that cannot be sent", "probes cannot be sent: no socket left", [exhausted], [cycle, cycle]],
  ])("%s", (_, why, begin, end) => {
    const { record, verdict } = healthy();
    record(...begin);
    expect(verdict()).toEqual(["degraded", `${why}; ${ALL_UP}`]);
    record(...end);
    expect(verdict()).toEqual(["healthy", ALL_UP]);
  });

  test("a configuration file with problems", () => {
    const { record, verdict } = healthy({}, "/etc/gateways.toml");
    record({ type: "reload", problems: ["line 3: wrong"] });
    expect(verdict()).toEqual(["degraded", `the configuration file has problems; ${ALL_UP}`]);
    record({ type: "reload", problems: [] });
    expect(verdict()[0]).toBe("healthy");
  });

  test("a service that hangs", () => {
    const { verdict } = healthy();
    expect(verdict(false)).toEqual(["degraded", `the service hangs; ${ALL_UP}`]);
  });
});

test("what is as configured counts for nothing", () => {
  const { record, verdict } = healthy();
  record(
    { type: "target-fault", prober: "icmp", target: "1.1.1.1", code: "timeout", detail: "no answer" },
    { type: "exit-shared", address: "1.0.0.1", gateways: ["10.0.0.1", "10.0.0.2"] },
    { type: "ddns-skipped", reason: "no_change" },
    { type: "hook-dropped", channel: "command", reason: "superseded", count: 3 },
  );
  expect(verdict()).toEqual(["healthy", ALL_UP]);
});
