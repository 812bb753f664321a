import { describe, expect, test } from "bun:test";

import { parseConfig } from "../../../src/config/parse.ts";
import type { DdnsEvent } from "../../../src/ddns/events.ts";
import { createMetrics } from "../../../src/metrics/metrics.ts";
import { FLAGS, GATEWAYS, SECRET, SECRETS } from "./metrics.fixture.ts";

const HOSTNAME = "gw.example.com";
const DDNS = { "ddns-provider": "dynudns", "ddns-hostname": HOSTNAME, "public-ip-service-api-key": SECRET };

/** The recorder of a service with three gateways and a DNS name, and its metrics as a scrape shows them. */
function recorder(more: Record<string, string> = DDNS) {
  const parsed = parseConfig({ ...FLAGS, ...SECRETS, ...more }, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  const { registry, record } = createMetrics(parsed.config);
  return {
    record: (...events: DdnsEvent[]) => events.forEach(record),
    /** The lines of one metric, each as labels and value. */
    series: async (name: string): Promise<string[]> => {
      const lines = (await registry.metrics()).split("\n");
      return lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    },
    text: () => registry.metrics(),
  };
}

const succeeded = (gateway: string, seconds = 0.25): DdnsEvent => {
  return { type: "public-ip", gateway, result: { kind: "success", seconds, address: "1.0.0.1" } };
};
const failed = (gateway: string, seconds = 0.5): DdnsEvent => {
  return { type: "public-ip", gateway, result: { kind: "failure", seconds, code: "status", detail: "status 503" } };
};
const update = (error?: string, seconds = 2): DdnsEvent => {
  return { type: "ddns-update", seconds, changes: [], error };
};

describe("a look-up of a public address", () => {
  test("counts by gateway and outcome, with its time whatever the outcome", async () => {
    const { record, series } = recorder();
    record(succeeded("10.0.0.1"), succeeded("10.0.0.1"), failed("10.0.0.1"), failed("10.0.0.3"));
    expect(await series("public_ip_fetch_total")).toEqual(
      expect.arrayContaining([
        'public_ip_fetch_total{gateway_ip="10.0.0.1",status="success"} 2',
        'public_ip_fetch_total{gateway_ip="10.0.0.1",status="failure"} 1',
        'public_ip_fetch_total{gateway_ip="10.0.0.2",status="failure"} 0',
        'public_ip_fetch_total{gateway_ip="10.0.0.3",status="failure"} 1',
      ]),
    );
    expect(await series("public_ip_fetch_duration_seconds_sum")).toEqual([
      'public_ip_fetch_duration_seconds_sum{gateway_ip="10.0.0.1"} 1',
      'public_ip_fetch_duration_seconds_sum{gateway_ip="10.0.0.3"} 0.5',
    ]);
    expect((await series("public_ip_fetch_duration_seconds_count"))[0]).toEndWith(" 3");
  });

  test("that finds a first address is no change, one that finds another is", async () => {
    const { record, series } = recorder();
    const change = { type: "public-ip-changed", gateway: "10.0.0.1", to: "1.0.0.2" } as const;
    record({ ...change, from: undefined });
    expect(await series("public_ip_changes_total")).toEqual(["public_ip_changes_total 0"]);
    record({ ...change, from: "1.0.0.1" }, { ...change, gateway: "10.0.0.2", from: "1.0.0.1" });
    expect(await series("public_ip_changes_total")).toEqual(["public_ip_changes_total 2"]);
  });
});

test("the number of different addresses is the one last reported", async () => {
  const { record, series } = recorder();
  expect(await series("unique_public_ips_count")).toEqual(["unique_public_ips_count 0"]);
  for (const count of [3, 1, 0]) {
    record({ type: "public-ip-count", count });
    expect(await series("unique_public_ips_count")).toEqual([`unique_public_ips_count ${count}`]);
  }
});

test("each gateway is in one state at a time, and inactive at first", async () => {
  const { record, series } = recorder();
  const inStates = async (): Promise<string[]> =>
    (await series("gateway_public_ip_state"))
      .filter((line) => line.endsWith(" 1"))
      .map((line) => /gateway_ip="([^"]+)",state="([^"]+)"/.exec(line)!.slice(1).join(" "));
  expect(await inStates()).toEqual(GATEWAYS.map((gateway) => `${gateway} inactive`));
  for (const state of ["unknown", "known", "kept", "inactive"] as const) {
    record({ type: "public-ip-state", gateway: "10.0.0.2", state });
    expect((await inStates()).sort()).toEqual(["10.0.0.1 inactive", `10.0.0.2 ${state}`, "10.0.0.3 inactive"]);
  }
  expect(await series("gateway_public_ip_state")).toHaveLength(4 * GATEWAYS.length);
});

describe("an update", () => {
  test("counts by provider and outcome, with its time", async () => {
    const { record, series } = recorder();
    record(update(), update("timeout after 1m0s", 60), update());
    expect((await series("ddns_updates_total")).sort()).toEqual([
      'ddns_updates_total{provider="DynuDNS",status="failure"} 1',
      'ddns_updates_total{provider="DynuDNS",status="success"} 2',
    ]);
    expect(await series("ddns_update_duration_seconds_sum")).toEqual([
      'ddns_update_duration_seconds_sum{provider="DynuDNS"} 64',
    ]);
    expect(await series("ddns_update_duration_seconds_count")).toEqual([
      'ddns_update_duration_seconds_count{provider="DynuDNS"} 3',
    ]);
  });

  test("is the duty of this router while it holds the required address", async () => {
    expect(await recorder().series("ddns_on_duty")).toEqual([]);
    const { record, series } = recorder({ ...DDNS, "ddns-require-ip-address": "10.0.0.9" });
    const value = async () => (await series("ddns_on_duty")).join();
    expect(await value()).toBe('ddns_on_duty{provider="DynuDNS"} 0');
    record({ type: "ddns-write-gate", address: "10.0.0.9", allowed: true });
    expect(await value()).toBe('ddns_on_duty{provider="DynuDNS"} 1');
    record({ type: "ddns-write-gate", address: "10.0.0.9", allowed: false });
    expect(await value()).toBe('ddns_on_duty{provider="DynuDNS"} 0');
  });

  test("that is skipped counts by reason, and is no update", async () => {
    const { record, series } = recorder();
    for (const reason of ["no_change", "no_change", "required_ip_not_found"] as const) {
      record({ type: "ddns-skipped", reason });
    }
    expect((await series("ddns_updates_skipped_total")).sort()).toEqual([
      'ddns_updates_skipped_total{provider="DynuDNS",reason="no_change"} 2',
      'ddns_updates_skipped_total{provider="DynuDNS",reason="required_ip_not_found"} 1',
    ]);
    for (const line of await series("ddns_updates_total")) expect(line).toEndWith(" 0");
  });

  test.each(["passing", "access", "refused", "quota"] as const)("that fails counts its kind: %s", async (kind) => {
    const { record, series } = recorder();
    record({ type: "ddns-trouble", kind, detail: "it failed", waitMs: 1000 });
    const lines = await series("ddns_errors_total");
    expect(lines.filter((line) => !line.endsWith(" 0"))).toEqual([
      `ddns_errors_total{provider="DynuDNS",kind="${kind}"} 1`,
    ]);
    expect(lines).toHaveLength(4);
    for (const line of await series("errors_total")) expect(line).toEndWith(" 0");
  });

  test("that ended in correct records sets the time", async () => {
    const { record, series } = recorder();
    expect(await series("ddns_last_verified_time_seconds")).toEqual([
      'ddns_last_verified_time_seconds{provider="DynuDNS"} 0',
    ]);
    const before = Date.now() / 1000;
    record({ type: "ddns-verified", addresses: [], retained: [] });
    const [line] = await series("ddns_last_verified_time_seconds");
    const at = Number(line!.split(" ")[1]);
    expect(at >= before && at <= Date.now() / 1000).toBe(true);
  });
});

test("every series whose labels are known stands at zero from the start", async () => {
  const { series } = recorder();
  const names = ["ddns_updates_total", "ddns_updates_skipped_total", "ddns_errors_total", "public_ip_fetch_total"];
  for (const [name, count] of names.map((one, index) => [one, [2, 2, 4, 6][index]!] as const)) {
    const lines = await series(name);
    expect(lines).toHaveLength(count);
    for (const line of lines) expect(line).toEndWith(" 0");
  }
});

test("without a provider there is no series of DDNS that could raise an alert, and no event does harm", async () => {
  const { record, series } = recorder({ "public-ip-service-api-key": SECRET });
  record(succeeded("10.0.0.1"), update("it failed"));
  for (const name of ["ddns_updates_total", "ddns_last_verified_time_seconds", "gateway_public_ip_state"]) {
    expect(await series(name)).toEqual([]);
  }
});

test("no secret is in the metrics", async () => {
  const { record, text } = recorder();
  record(succeeded("10.0.0.1"), update("it failed"));
  expect(await text()).toContain("ddns_updates_total");
  expect(await text()).not.toContain(SECRET);
});

describe("what name servers show", () => {
  const VERIFIED = { ...DDNS, "ddns-verify": "authoritative" };

  test("is a delay, and whether it lastingly differs", async () => {
    const { record, series } = recorder(VERIFIED);
    expect(await series("ddns_not_shown")).toEqual(['ddns_not_shown{provider="DynuDNS"} 0']);
    expect(await series("ddns_shown_delay_seconds")).toEqual([]);
    record({ type: "ddns-not-shown", seconds: 390, detail: "x" });
    expect(await series("ddns_not_shown")).toEqual(['ddns_not_shown{provider="DynuDNS"} 1']);
    record({ type: "ddns-shown", seconds: 720 });
    expect(await series("ddns_not_shown")).toEqual(['ddns_not_shown{provider="DynuDNS"} 0']);
    expect(await series("ddns_shown_delay_seconds")).toEqual(['ddns_shown_delay_seconds{provider="DynuDNS"} 720']);
  });

  test("has no series where no server is asked", async () => {
    expect(await recorder().series("ddns_not_shown")).toEqual([]);
  });
});
