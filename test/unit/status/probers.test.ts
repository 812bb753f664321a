import { describe, expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";
import { reasonOf } from "../../../src/status/phrases.ts";
import { failed, GATEWAYS, healthy, setUp, turned } from "./model.fixture.ts";

const ICMP = "icmp 1.1.1.1, 9.9.9.9";
const THROUGH = { through: "icmp:1.1.1.1,9.9.9.9" };
const SILENT: ProbeResult = {
  ...{ kind: "failure", seconds: 1, code: "timeout" },
  detail: `${ICMP}: no answer through it`,
};
const ECHO: ProbeResult = { kind: "success", seconds: 0.02, detail: "icmp 1.1.1.1: echo reply" };
const LOSS = { code: "loss", detail: "loss 35% of 60 probes (limit 20%, ends at 10%)" } as const;

const probed = (prober: string, result: ProbeResult, failures = 0): ServiceEvent => ({
  ...{ type: "probe", gateway: GATEWAYS[0], prober, result, failures },
});
const seen = (prober: string, status: "up" | "down"): ServiceEvent => ({
  ...{ type: "prober", gateway: GATEWAYS[0], prober, status },
});
const measured = (loss: number, median: number | undefined, fault?: typeof LOSS): ServiceEvent => ({
  ...{ type: "quality", gateway: GATEWAYS[0], prober: ICMP, fault },
  quality: { probes: 60, answered: 60 - loss * 60, loss, median, p90: median },
});

test("without -through a status has neither probers nor targets, nor loss in its histories", () => {
  const { status, gateway } = setUp();
  expect(status()).not.toHaveProperty("targetsAtFault");
  expect(gateway(1)).not.toHaveProperty("probers");
  expect(gateway(1).history).not.toHaveProperty("loss");
});

describe("the probers of a gateway", () => {
  test("are that of the gateway itself and one for each -through", () => {
    const { gateway } = setUp({ ...THROUGH, scheme: "https" });
    expect(gateway(1).probers!.map(({ name, state }) => [name, state])).toEqual([
      ["https", "unknown"],
      [ICMP, "unknown"],
    ]);
  });

  test("have their own states, failures and quality", () => {
    const { clock, record, gateway } = setUp(THROUGH);
    record(probed("http", { ...ECHO, detail: "status 200" }), seen("http", "up"));
    record(probed(ICMP, ECHO), seen(ICMP, "up"), measured(0.25, 0.02));
    clock.now = 5000;
    record(probed(ICMP, SILENT, 1), probed(ICMP, SILENT, 2), seen(ICMP, "down"));
    clock.now = 8000;
    const since = (ageSeconds: number) => expect.objectContaining({ ageSeconds });
    expect(gateway(1).probers).toEqual([
      {
        ...{ name: "http", state: "up", since: since(8), failuresInRow: 0 },
        ...{ lastFailure: null, down: null, quality: null },
      },
      {
        ...{ name: ICMP, state: "down", since: since(3), failuresInRow: 2 },
        ...{ lastFailure: { why: SILENT.detail, at: since(3) }, down: SILENT.detail },
        quality: { probes: 60, loss: 0.25, medianSeconds: 0.02 },
      },
    ]);
  });

  test("are up where the gateway carries traffic since an earlier run", () => {
    const { record, gateway } = setUp(THROUGH);
    record({ type: "adopted", gateways: [GATEWAYS[0]] });
    expect(gateway(1).probers!.map(({ state }) => state)).toEqual(["up", "up"]);
  });

  test("have the state of the gateway where there is only one", () => {
    const { record, gateway } = setUp({ ...THROUGH, "through-only": "true" });
    record(failed(1, SILENT.detail), turned(1, "down"));
    expect(gateway(1).probers).toMatchObject([{ name: ICMP, state: "down", failuresInRow: 1, down: SILENT.detail }]);
  });
});

describe("a gateway with several probers", () => {
  test("has the failures in a row of the prober with the most, and names the prober of its last failure", () => {
    const { record, gateway } = setUp(THROUGH);
    record(probed(ICMP, SILENT, 3), probed("http", { ...SILENT, detail: "timeout after 1s" }, 1));
    expect(gateway(1)).toMatchObject({ failuresInRow: 3, lastFailure: { why: "http: timeout after 1s" } });
    record(probed(ICMP, ECHO));
    expect(gateway(1).failuresInRow).toBe(1);
  });

  test("has the latency of its first prober, and failures of each in its history", () => {
    const { record, gateway } = setUp(THROUGH);
    record(healthy(1, 0.002), probed(ICMP, ECHO), probed(ICMP, SILENT, 1));
    const { latency, history } = gateway(1);
    expect(latency).toMatchObject({ p50: expect.closeTo(0.002, 6), probes: 1 });
    expect([history.answered.at(-1), history.failed.at(-1), history.latencySeconds.at(-1)]).toEqual([1, 1, 0.002]);
  });

  test("has the loss of the last minute in its history, between two measurements that of the first", () => {
    const { clock, record, gateway } = setUp(THROUGH);
    clock.now = 6000;
    record(measured(0.25, 0.02));
    clock.now = 18_000;
    record(measured(0, 0.02));
    expect(gateway(1).history.loss!.slice(-4)).toEqual([null, 0.25, 0.25, 0]);
  });

  test("is down for the reasons of all probers by which it is down", () => {
    const { record, gateway } = setUp(THROUGH);
    record(probed(ICMP, ECHO), measured(0.35, 0.02, LOSS), seen(ICMP, "down"), turned(1, "down"));
    const loss = `${ICMP}: ${LOSS.detail}`;
    expect(reasonOf(gateway(1))).toEqual({ text: loss, ageSeconds: null });
    record(probed("http", { ...SILENT, detail: "timeout after 1s" }, 1), seen("http", "down"));
    expect(reasonOf(gateway(1)).text).toBe(`http: timeout after 1s; ${loss}`);
    record(probed(ICMP, SILENT, 2));
    expect(gateway(1).probers![1]!.down).toBe(`${SILENT.detail}; ${loss}`);
  });

  test("that is up because any of them is enough has the reasons of those that see it down", () => {
    const { clock, record, gateway } = setUp({ ...THROUGH, "through-require": "any" });
    const although = (why: string) => ({
      ...{ text: `up although a prober fails (-through-require any): ${why}`, ageSeconds: null },
    });
    record(healthy(1, 0.002), seen("http", "up"), turned(1, "up"), probed(ICMP, SILENT, 1), seen(ICMP, "down"));
    expect(reasonOf(gateway(1))).toEqual(although(SILENT.detail));
    record(probed(ICMP, ECHO), seen(ICMP, "up"));
    clock.now = 3000;
    expect(reasonOf(gateway(1))).toEqual({ text: SILENT.detail, ageSeconds: 3 });
    record(measured(0.35, 0.02, LOSS), seen(ICMP, "down"));
    expect(reasonOf(gateway(1))).toEqual(although(`${ICMP}: ${LOSS.detail}`));
  });

  test("that is not known yet has the reason of one that sees it down by its loss, without a failed round", () => {
    const { record, gateway } = setUp({ ...THROUGH, "through-require": "any" });
    record(probed(ICMP, ECHO), measured(0.35, 0.02, LOSS), seen(ICMP, "down"));
    expect(reasonOf(gateway(1))).toEqual({ text: `${ICMP}: ${LOSS.detail}`, ageSeconds: null });
  });
});

test("targets at fault are listed until they answer again", () => {
  const { clock, record, status } = setUp(THROUGH);
  const target = { prober: ICMP, target: "9.9.9.9" };
  expect(status().targetsAtFault).toEqual([]);
  record({ type: "target-fault", ...target, code: "timeout", detail: "timeout after 2s" });
  clock.now = 7000;
  expect(status().targetsAtFault).toMatchObject([{ ...target, why: "timeout after 2s", since: { ageSeconds: 7 } }]);
  record({ type: "target-back", ...target });
  expect(status().targetsAtFault).toEqual([]);
});
