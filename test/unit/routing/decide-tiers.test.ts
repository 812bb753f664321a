import { describe, expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import type { PoolState } from "../../../src/pool/select.ts";
import { NO_TIER_YET, TIER_SHORTAGES, tierCarriedBy, type TierRules, type TierState } from "../../../src/pool/tiers.ts";
import { decide, type Decision, type RoutingSettings } from "../../../src/routing/decide.ts";
import { findRings, type Rings } from "../../../src/routing/rings.ts";
import { layoutOf } from "../../../src/routing/slots.ts";
import { type NextHop, type Observed, PROTOCOL } from "../../../src/routing/types.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { destinations, TABLE_REF } from "./plan.fixture.ts";
import { gatewaysAt, sharesIn, show } from "./rings.fixture.ts";

setDefaultTimeout(60_000); // a property takes seconds on a busy machine

/** Tier 1 has a and b, of which a is twice as heavy, and c; tier 2 has p and q. */
const TIERS: Readonly<Record<string, number>> = { a: 1, b: 1, c: 1, p: 2, q: 2 };
const GATEWAYS = Object.keys(TIERS);
const WEIGHTS = [2, 1, 1, 1, 1];

const settingsWith = (rules: Partial<TierRules>, changes: Partial<RoutingSettings> = {}): RoutingSettings => ({
  layout: layoutOf(GATEWAYS, WEIGHTS),
  tiers: { of: new Map(Object.entries(TIERS)), least: 1, shortage: "replace", failbackDelay: 0, ...rules },
  destinations: destinations({ gateways: [] }),
  tableRef: TABLE_REF,
  whenNoGateways: "fall-through",
  quorum: { least: 0, policy: "keep" },
  ...changes,
});

const nothing = await new FakeKernel().observe(TABLE_REF.table, []);

/** A service that decides again and again, on a kernel that always does as it is asked. */
class Deciding {
  readonly #settings: RoutingSettings;
  readonly #observed: Observed;
  #rings: Rings | undefined;
  #tiers: TierState = NO_TIER_YET;
  last: Decision | undefined;

  constructor(settings: RoutingSettings, observed: Observed = nothing) {
    this.#settings = settings;
    this.#observed = observed;
  }

  /** The route when exactly these gateways are healthy. */
  routeWith(healthy: Iterable<string>, changes: Partial<PoolState> = {}): readonly NextHop[] {
    const state = { gateways: GATEWAYS, healthy: new Set(healthy), holds: new Map(), lost: [], tiers: this.#tiers };
    this.last = decide(this.#settings, { ...state, ...changes }, this.#observed, this.#rings);
    this.#rings = this.last.rings;
    this.#tiers = { ...this.last.selection.tiers!, now: 0 };
    return routeIn(this.last);
  }

  /** The next run of the service, which finds the route of this one. */
  restarted(): Deciding {
    const next = new Deciding(this.#settings, this.#observed);
    const routes = (this.last?.desired.routes ?? []).map((route) => ({ ...route, protocol: PROTOCOL }));
    next.#rings = findRings(this.#settings, routes);
    const found = routeIn(this.last!).map(({ gateway }) => gateway);
    next.#tiers = { ...NO_TIER_YET, inUse: tierCarriedBy(this.#settings.tiers!, found) };
    return next;
  }
}

const routeIn = ({ desired }: Decision): readonly NextHop[] =>
  desired.routes.find(({ type }) => type === "unicast")?.nexthops ?? [];

describe("a tier that takes the place of another", () => {
  test("has a ring of its own, by the weights of its gateways", () => {
    const service = new Deciding(settingsWith({}));
    expect(show(service.routeWith("abcpq"))).toBe("a2 b1 c1");
    expect(show(service.routeWith("pq"))).toBe("p1 q1");
    expect(service.last!.active).toEqual(["p", "q"]);
    expect(show(service.routeWith("bpq"))).toBe("b1");
  });

  test("gets its ring back as it was when it was in use last", () => {
    const service = new Deciding(settingsWith({}));
    service.routeWith("abcpq");
    service.routeWith("bcpq");
    const before = show(service.routeWith("bpq"));
    expect(before).toBe("b1");
    const two = show(service.routeWith("bcpq"));
    service.routeWith("pq");
    expect(show(service.routeWith("bcpq"))).toBe(two);
  });
});

describe("a tier that joins another", () => {
  const open = () => new Deciding(settingsWith({ least: 2, shortage: "join" }));

  test("has the cells of gateways that have gone while they are enough, and gives them back", () => {
    const service = open();
    expect(show(service.routeWith("abcpq"))).toBe("a2 b1 c1");
    expect(sharesIn(service.routeWith("apq"))).toEqual({ a: 6, p: 3, q: 3 });
    expect(show(service.routeWith("abcpq"))).toBe("a2 b1 c1");
  });

  test("takes from the gateways that stay what it lacks of its slots, and no more", () => {
    const service = open();
    expect(show(service.routeWith("a"))).toBe("a1");
    expect(sharesIn(service.routeWith("aq"))).toEqual({ a: 5, q: 1 }); // q has one of six parts in all
  });

  test("leaves the slots of gateways that return free for them", () => {
    const service = open();
    service.routeWith("abcpq");
    expect(sharesIn(service.routeWith("bq"))).toEqual({ b: 6, q: 6 });
    expect(sharesIn(service.routeWith("bpq"))).toEqual({ b: 5, q: 5, p: 2 });
  });

  test("leaves with all its gateways at once, and the others share out its part", () => {
    const service = open();
    service.routeWith("apq");
    expect(sharesIn(service.routeWith("ap"))).toEqual({ a: 80, p: 40 });
    expect(sharesIn(service.routeWith("a"))).toEqual({ a: 1 });
  });
});

describe("while no gateway is usable", () => {
  test("the last routes of the tier in use stay with -when-no-gateways keep", () => {
    const service = new Deciding(settingsWith({}, { whenNoGateways: "keep" }));
    service.routeWith("abcpq");
    service.routeWith("q");
    expect(show(service.routeWith(""))).toBe("q1");
    expect(service.last!.active).toEqual([]);
  });

  test("gateways of a found route that have got another tier since do not stay in it", () => {
    const settings = settingsWith({}, { whenNoGateways: "keep" });
    const nexthops = ["a", "p"].map((gateway) => ({ gateway, weight: 1 }));
    const state = { gateways: GATEWAYS, healthy: new Set<string>(), holds: new Map(), lost: [] };
    const found = { kind: "found", tier: 1, nexthops } as const;
    expect(show(routeIn(decide(settings, state, nothing, found)))).toBe("a1");
    expect(show(routeIn(decide(settings, { ...state, leaking: new Set("a") }, nothing, found)))).toBe("");
  });

  test("the routes are gone without, and the next ones have the ring of their tier", () => {
    const service = new Deciding(settingsWith({}));
    service.routeWith("abpq");
    expect(show(service.routeWith(""))).toBe("");
    expect(show(service.routeWith("abc"))).toBe("a2 b1 c1");
  });

  test("gateways that the quorum keeps are those of the tier in use", () => {
    const service = new Deciding(settingsWith({}, { quorum: { least: 1, policy: "keep" } }));
    service.routeWith("q");
    expect(show(service.routeWith("", { lost: ["a", "q"] }))).toBe("q1");
  });
});

test("gateways of a tier that is not in use are reported as unusable when their interface has lost its carrier", () => {
  const link = (name: string, carrier: boolean) => ({ name, up: true, carrier, addresses: [] });
  const devices = new Map(GATEWAYS.map((gateway) => [gateway, TIERS[gateway] === 1 ? "v0" : "v1"]));
  const observed: Observed = { ...nothing, links: [link("v0", false), link("v1", true)], devices };
  const service = new Deciding(settingsWith({}), observed);
  expect(show(service.routeWith("abcpq"))).toBe("p1 q1");
  expect(service.last!.unusable.map(({ gateway }) => gateway)).toEqual(["a", "b", "c"]);
});

/** Gateways that leave or return one after the other, or a restart. */
const walks = fc.record({
  shortage: fc.constantFrom(...TIER_SHORTAGES),
  least: fc.integer({ min: 1, max: 3 }),
  steps: fc.array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...GATEWAYS) }, fc.constant("restart")), {
    minLength: 1,
    maxLength: 30,
  }),
});

/** The pairs of gateways between which flows move, as `ab` for those from a to b. */
function movesBetween(before: readonly NextHop[], after: readonly NextHop[]): string[] {
  const [one, other] = [gatewaysAt(before), gatewaysAt(after)];
  return [...new Set(one.flatMap((gateway, place) => (gateway === other[place] ? [] : gateway + other[place])))];
}

test("no flow moves within a tier for what happens in another one, only those of a gateway that leaves or returns while a tier is in use, and none at a restart", () => {
  fc.assert(
    fc.property(walks, ({ shortage, least, steps }) => {
      let service = new Deciding(settingsWith({ shortage, least }));
      const healthy = new Set(GATEWAYS);
      let before = service.routeWith(healthy);
      let tier = service.last!.selection.tiers!.inUse;
      for (const step of steps) {
        if (step === "restart") service = service.restarted();
        else if (!healthy.delete(step)) healthy.add(step);
        const after = service.routeWith(healthy);
        if (before.length > 0 && after.length > 0) {
          const moves = movesBetween(before, after);
          const within = moves.filter(([from, to]) => TIERS[from!] === TIERS[to!]);
          expect(within.filter((pair) => !pair.includes(step))).toEqual([]);
          const tierAfter = service.last!.selection.tiers!.inUse;
          if (tierAfter === tier) expect(moves.filter((pair) => !pair.includes(step))).toEqual([]);
          if (step === "restart") expect(show(after)).toBe(show(before));
        }
        before = after;
        tier = service.last!.selection.tiers!.inUse;
      }
    }),
    { numRuns: 200 },
  );
});
