import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { combine, GatewayHealth, type ProberRule, type Requirement } from "../../../src/pool/gateway-health.ts";
import { advance, type Health, UNKNOWN } from "../../../src/pool/health.ts";
import { FAIL, OK } from "./pool.fixture.ts";

const rule = (name: string, fall = 1, rise = 1): ProberRule => ({ name, thresholds: { rise, fall } });
const LOSS = { code: "loss", detail: "loss 35% of 60 probes (limit 20%, ends at 10%)" } as const;

test.each<[Requirement, string, string]>([
  ["all", "up up", "up"],
  ["all", "up down", "down"],
  ["all", "unknown down", "down"], // what is still to come cannot change that
  ["all", "unknown up", "unknown"],
  ["any", "up down", "up"],
  ["any", "unknown up", "up"],
  ["any", "unknown down", "unknown"],
  ["any", "down down", "down"],
])("where %s must succeed, probers that see %p make the gateway %s", (requirement, statuses, expected) => {
  expect(combine(statuses.split(" ") as Health["status"][], requirement)).toBe(expected as Health["status"]);
});

describe("a gateway with several probers", () => {
  /** The status after each of the results, such as `http+` or `icmp-`. */
  function run(health: GatewayHealth, results: string): string {
    const statuses = results.split(" ").map((one) => {
      return health.record(one.slice(0, -1), one.endsWith("+") ? OK : FAIL, false).after;
    });
    return statuses.join(" ");
  }

  test.each<[Requirement, string, string]>([
    ["all", "http+ icmp+ icmp- http- icmp+ http+", "unknown up down down down up"],
    ["any", "http- icmp+ http+ icmp- http- icmp+", "unknown up up up down up"],
    // What is known stays until every prober has had a result.
    ["all", "http- http+ icmp+", "down down up"],
    ["any", "http+ http- icmp-", "up up down"],
  ])("of which %s must succeed, has after %p the status %p", (requirement, results, expected) => {
    expect(run(new GatewayHealth([rule("http"), rule("icmp")], requirement), results)).toBe(expected);
  });

  test("keeps the thresholds of each prober apart", () => {
    const health = new GatewayHealth([rule("http"), rule("icmp", 3, 2)], "all");
    expect(run(health, "http+ icmp+ icmp- icmp- http+ icmp-")).toBe("unknown up up up up down");
    expect(run(health, "icmp+ http+ icmp+")).toBe("down down up");
  });

  test("is between states for the prober whose results are against its status alone", () => {
    const health = new GatewayHealth([rule("http", 2), rule("icmp", 2)], "all");
    run(health, "http+ icmp+ icmp-");
    expect([health.isBetweenStates("http"), health.isBetweenStates("icmp")]).toEqual([false, true]);
  });

  test("of an earlier run is up until a prober has failed as often as it may", () => {
    const health = new GatewayHealth([rule("http", 2), rule("icmp", 2)], "all");
    health.adopt();
    expect(run(health, "http- icmp- icmp-")).toBe("up up down");
  });

  test("goes down for a reason that names the prober, unless its details do", () => {
    const health = new GatewayHealth([rule("http"), { ...rule("icmp"), namesItself: true }], "all");
    run(health, "http+ icmp+");
    expect(health.record("http", FAIL, false).detail).toBe("http: connection refused");
    run(health, "http+");
    const silent = { ...FAIL, detail: "icmp 1.1.1.1, 9.9.9.9: no answer through it" };
    expect(health.record("icmp", silent, false).detail).toBe("icmp 1.1.1.1, 9.9.9.9: no answer through it");
  });

  test("goes down for all reasons where any prober would have been enough", () => {
    const health = new GatewayHealth([rule("http"), rule("icmp")], "any");
    run(health, "http+ icmp-");
    const change = health.record("http", FAIL, false);
    expect(change).toMatchObject({ before: "up", after: "down" });
    expect(change.detail).toBe("http: connection refused; icmp: connection refused");
  });

  test("of which any is enough goes down for a fault of the quality of the last one, with the reasons of the others", () => {
    const health = new GatewayHealth([rule("http"), { ...rule("icmp"), namesItself: true }], "any");
    run(health, "http+ icmp+");
    expect(health.setFault("icmp", LOSS)).toMatchObject({ before: "up", after: "up" });
    const change = health.record("http", FAIL, false);
    expect(change).toMatchObject({ after: "down", detail: `http: connection refused; icmp: ${LOSS.detail}` });
    expect(health.setFault("icmp", undefined)).toMatchObject({ before: "down", after: "up" });
  });

  test("of which any is enough counts probes besides the rhythm only for thresholds of one", () => {
    const health = new GatewayHealth([rule("http"), rule("icmp", 2)], "any");
    run(health, "http+ icmp+");
    const extra = (name: string) => health.record(name, FAIL, true).after;
    expect([extra("http"), extra("icmp"), extra("icmp")]).toEqual(["up", "up", "up"]);
    expect(run(health, "icmp- icmp-")).toBe("up down");
    expect(health.record("http", OK, true).after).toBe("up");
  });

  test("of an earlier run, of which any is enough, is up until all have failed as often as they may", () => {
    const health = new GatewayHealth([rule("http"), rule("icmp", 2)], "any");
    health.adopt();
    expect(run(health, "http- icmp- icmp-")).toBe("up up down");
  });

  test("is down for a fault of the quality although its probes succeed, until that has ended", () => {
    const health = new GatewayHealth([rule("http"), { ...rule("icmp"), namesItself: true }], "all");
    run(health, "http+ icmp+");
    expect(health.setFault("icmp", LOSS)).toMatchObject({
      before: "up",
      after: "down",
      detail: `icmp: ${LOSS.detail}`,
    });
    expect(run(health, "icmp+ http+")).toBe("down down");
    expect(health.setFault("icmp", undefined)).toMatchObject({ before: "down", after: "up" });
  });
});

test("a gateway with one prober has its status and failures, and its details as they are", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.boolean()), { maxLength: 60 }),
      fc.constantFrom<Requirement>("all", "any"),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      (results, requirement, rise, fall) => {
        const gateway = new GatewayHealth([rule("", fall, rise)], requirement);
        let health = UNKNOWN;
        for (const [success, extra] of results) {
          const result = success ? OK : FAIL;
          const before = health.status;
          health = advance(health, result, { rise, fall }, extra);
          const { failures, status: after } = health;
          expect(gateway.record("", result, extra)).toEqual({ before, after, failures, detail: result.detail });
        }
      },
    ),
  );
});

test("a gateway is up exactly when all, or any, of its probers see it up once each has had a result", () => {
  const probers = ["http", "icmp", "dns"];
  const steps = fc.array(fc.tuple(fc.constantFrom(...probers), fc.constantFrom("+", "-", "loss", "no loss")));
  const thresholds = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(steps, thresholds, fc.constantFrom<Requirement>("all", "any"), (taken, falls, requirement) => {
      const gateway = new GatewayHealth(
        probers.map((name, index) => rule(name, falls[index])),
        requirement,
      );
      const seen = new Map<string, Health>();
      const lossy = new Set<string>();
      const first = probers.map((name) => [name, "+"] as const);
      for (const [name, what] of [...first, ...taken]) {
        const before = gateway.status;
        if (what === "loss") lossy.add(name);
        if (what === "no loss") lossy.delete(name);
        const isResult = what === "+" || what === "-";
        const fall = falls[probers.indexOf(name)]!;
        const result = what === "+" ? OK : FAIL;
        if (isResult) seen.set(name, advance(seen.get(name) ?? UNKNOWN, result, { rise: 1, fall }));
        const change = isResult
          ? gateway.record(name, result, false)
          : gateway.setFault(name, lossy.has(name) ? LOSS : undefined);
        expect(change).toMatchObject({ before, after: gateway.status });
        if (seen.size < probers.length) continue;
        const ups = probers.filter((one) => seen.get(one)!.status === "up" && !lossy.has(one));
        const isUp = requirement === "all" ? ups.length === probers.length : ups.length > 0;
        expect(gateway.status).toBe(isUp ? "up" : "down");
      }
    }),
  );
});

describe("a gateway whose exit is asked for", () => {
  const LEAK = { code: "leak", detail: "leaking: its exit address 5.0.0.9 is that of this router itself" } as const;
  const open = (): GatewayHealth => new GatewayHealth([rule("http")], "all", true);

  test("is up only when its probe has succeeded and no leak was found", () => {
    const health = open();
    expect([health.record("http", OK, false).after, health.awaitsExit]).toEqual(["unknown", true]);
    expect([health.setExit(undefined).after, health.awaitsExit]).toEqual(["up", false]);
  });

  test("is down at once when its probe fails", () => {
    expect(open().record("http", FAIL, false).after).toBe("down");
  });

  test("is down for its leak, whatever its probes say, until no leak is found", () => {
    const health = open();
    health.record("http", OK, false);
    expect(health.setExit(LEAK)).toMatchObject({ after: "down", detail: LEAK.detail });
    expect([health.record("http", OK, false).after, health.isLeaking]).toEqual(["down", true]);
    expect([health.setExit(undefined).after, health.isLeaking]).toEqual(["up", false]);
  });

  test("of several probers, any of which is enough, is down for its leak alone, whatever they say", () => {
    const health = new GatewayHealth([rule("http"), rule("icmp")], "any", true);
    health.record("icmp", FAIL, false);
    expect([health.record("http", OK, false).after, health.awaitsExit]).toEqual(["unknown", true]);
    expect(health.setExit(undefined).after).toBe("up");
    expect(health.setExit(LEAK)).toMatchObject({ after: "down", detail: LEAK.detail });
    expect(health.record("icmp", OK, false).after).toBe("down");
  });

  test("of several probers, any of which is enough, is not asked for it before all have failed", () => {
    const health = new GatewayHealth([rule("http"), rule("icmp")], "any", true);
    for (const name of ["http", "icmp"]) health.record(name, OK, false);
    health.setExit(undefined);
    expect([health.record("http", FAIL, false).after, health.awaitsExit]).toEqual(["up", false]);
    expect(health.record("icmp", FAIL, false).after).toBe("down");
    expect([health.record("http", OK, false).after, health.awaitsExit]).toEqual(["down", true]);
  });

  test("is asked for it again before it comes back from a failure", () => {
    const health = open();
    health.record("http", OK, false);
    health.setExit(undefined);
    health.record("http", FAIL, false);
    expect([health.record("http", OK, false).after, health.awaitsExit]).toEqual(["down", true]);
    expect(health.setExit(undefined).after).toBe("up");
  });

  test("stays up while it is asked for, if it carries traffic since an earlier run", () => {
    const health = open();
    health.adopt();
    expect([health.record("http", OK, false).after, health.awaitsExit]).toEqual(["up", true]);
    expect(health.setExit(LEAK).after).toBe("down");
  });
});
