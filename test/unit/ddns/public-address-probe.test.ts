import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import type { Answer } from "../../../src/ddns/look-up-result.ts";
import { withRequiredAddress } from "../../../src/ddns/public-address-probe.ts";
import type { Probe, ProbeResult } from "../../../src/probe/probe.ts";

const REFRESH = 30_000;
const HEALTHY: ProbeResult = { kind: "success", seconds: 0.01, detail: "status 200", status: 200 };
const DOWN: ProbeResult = { kind: "failure", seconds: 0.01, code: "status", detail: "status 500", status: 500 };
const FOUND: Answer = { kind: "success", address: "1.0.0.1" };
const BLANK: Answer = { kind: "failure", code: "no-address", detail: "the answer has no address" };
const DENIED: Answer = { kind: "failure", code: "unauthorized", detail: "status 401" };

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

interface Gateway {
  health: ProbeResult;
  answer: Answer;
  lookUps: number;
  readonly probe: Probe;
  /** The codes of probes, one every so many milliseconds. */
  readonly probes: (count: number, every?: number) => Promise<string[]>;
}

function setUp(): Gateway {
  const it: Gateway = {
    health: HEALTHY,
    answer: FOUND,
    lookUps: 0,
    probe: withRequiredAddress(async () => it.health, {
      timeout: 1000,
      refresh: REFRESH,
      random: () => 0,
      lookUp: async () => {
        it.lookUps += 1;
        return { ...it.answer, seconds: 0 };
      },
    }),
    async probes(count, every = 1000) {
      const codes = [];
      for (let index = 0; index < count; index += 1) {
        const result = await it.probe("10.0.0.1");
        codes.push(result.kind === "success" ? "up" : result.code);
        jest.advanceTimersByTime(every);
      }
      return codes;
    },
  };
  return it;
}

describe("a probe that requires a public address", () => {
  test("succeeds while there is one, which is looked up again after the refresh period", async () => {
    const it = setUp();
    expect(new Set(await it.probes(61))).toEqual(new Set(["up"]));
    expect(it.lookUps).toBe(3);
  });

  test("fails while the answer has none, and keeps what the probe measured", async () => {
    const it = setUp();
    it.answer = BLANK;
    expect(await it.probe("10.0.0.1")).toEqual({
      ...HEALTHY,
      kind: "failure",
      code: "no-address",
      detail: "no public address, so its VPN is down (-public-ip-required)",
    });
  });

  test("looks up again after 1, 2, 4 seconds and so on, and succeeds as soon as there is an address", async () => {
    const it = setUp();
    it.answer = BLANK;
    expect(new Set(await it.probes(8))).toEqual(new Set(["no-address"]));
    expect(it.lookUps).toBe(4);
    it.answer = FOUND;
    expect((await it.probes(9)).at(-1)).toBe("up");
    it.answer = BLANK;
    expect((await it.probes(31)).slice(-1)).toEqual(["no-address"]);
  });

  test("looks up no sooner than the service asks, after an empty answer too", async () => {
    const it = setUp();
    it.answer = BLANK;
    await it.probes(1);
    it.answer = { ...DENIED, retryAfterMs: 60_000 };
    expect(new Set(await it.probes(60))).toEqual(new Set(["no-address"]));
    expect(it.lookUps).toBe(2);
    it.answer = FOUND;
    expect(await it.probes(1)).toEqual(["up"]);
  });

  test("looks up after growing waits also where an empty answer is followed by other failures", async () => {
    const it = setUp();
    it.answer = BLANK;
    await it.probes(1);
    it.answer = DENIED;
    await it.probes(60);
    expect(it.lookUps).toBe(6); // after 0, 1, 3, 7, 15, 31 seconds
  });

  test("is not changed by a look-up that fails in another way, before and after an empty answer", async () => {
    const it = setUp();
    it.answer = DENIED;
    expect(new Set(await it.probes(60))).toEqual(new Set(["up"]));
    it.answer = BLANK;
    expect((await it.probes(31)).at(-1)).toBe("no-address");
    it.answer = DENIED;
    expect(new Set(await it.probes(60))).toEqual(new Set(["no-address"]));
  });

  test("fails as before without a look-up while the gateway does not answer, and looks up anew afterwards", async () => {
    const it = setUp();
    await it.probes(1);
    it.health = DOWN;
    it.answer = BLANK;
    expect(await it.probes(5)).toEqual(Array.from({ length: 5 }, () => "status"));
    expect(it.lookUps).toBe(1);
    it.health = HEALTHY;
    expect(await it.probes(1)).toEqual(["no-address"]);
  });
});

test("the look-up has what the probe leaves of the timeout", async () => {
  const times: number[] = [];
  const probe = withRequiredAddress(
    async () => {
      jest.advanceTimersByTime(900);
      return HEALTHY;
    },
    {
      timeout: 1000,
      refresh: REFRESH,
      random: () => 0,
      lookUp: async (_, stop) => {
        const start = performance.now();
        stop!.addEventListener("abort", () => void times.push(performance.now() - start));
        jest.advanceTimersByTime(500);
        return { kind: "failure", code: "other", detail: "aborted", seconds: 0.1 };
      },
    },
  );
  expect((await probe("10.0.0.1")).kind).toBe("success");
  expect(times[0]).toBeWithin(99, 102);
});
