import { describe, expect, test } from "bun:test";

import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import fc from "fast-check";

import type { ServiceEvent } from "../../../src/events/events.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { Entry } from "../../../src/routing/entry.ts";
import type { ObservedRoute } from "../../../src/routing/types.ts";
import type { ProviderErrorKind } from "../../../src/ddns/providers/provider.ts";
import { EVENTS, Notification } from "../../../src/hooks/notification.ts";
import { createNotifications } from "../../../src/hooks/notifications.ts";
import { blocksOf, pageOf } from "../../fixtures/documents.ts";
import { dnsName } from "../../fixtures/dns-names.ts";

const GATEWAYS = ["10.0.0.1", "10.0.0.2", "10.0.0.3"] as const;
const NAME = "gw.example.com";

/** A pool whose events can be made, and the notifications of them. */
function setUp(size = 3, pool: Partial<Parameters<typeof createNotifications>[0]> = {}) {
  const gateways = GATEWAYS.slice(0, size);
  const draft = createNotifications({ ...pool, gateways, dnsNames: [dnsName(NAME)] });
  const states = new Map<string, "up" | "down">();
  const turn = (index: number, status: "up" | "down"): ServiceEvent => {
    const gateway = gateways[index]!;
    const before = states.get(gateway) ?? "unknown";
    states.set(gateway, status);
    const count = (state: "up" | "down"): number => [...states.values()].filter((one) => one === state).length;
    const [up, down] = [count("up"), count("down")];
    return { type: "gateway", gateway, before, status, detail: "timeout after 1s", up, down, total: size };
  };
  const drafts = (...events: readonly ServiceEvent[]) => events.flatMap((event) => draft(event));
  return { turn, drafts, names: (...events: readonly ServiceEvent[]) => drafts(...events).map(({ event }) => event) };
}

const verified: ServiceEvent = { type: "ddns-verified", addresses: ["1.0.0.1"], retained: [] };
const trouble = (kind: ProviderErrorKind): ServiceEvent => {
  return { type: "ddns-trouble", kind, detail: "it fails", waitMs: 1000 };
};

const routeTo = (destination: string): Entry => {
  return { object: "route", table: 180, destination: parseCidr(destination)!, metric: 0 };
};
const ROUTE = routeTo("0.0.0.0/0");
const RULE: Entry = { object: "rule", rule: { kind: "lookup", family: 4, preference: 10_888, table: 180 } };
const FOREIGN: ObservedRoute = {
  family: 4,
  table: 180,
  type: "unicast",
  destination: parseCidr("0.0.0.0/0")!,
  metric: 0,
  protocol: 4,
  nexthops: [],
};

describe("gateways", () => {
  test("that go down and up are reported, with the reason and the counts", () => {
    const { turn, drafts } = setUp();
    drafts(turn(0, "up"), turn(1, "up"), turn(2, "up"));
    expect(drafts(turn(1, "down"))).toEqual([
      {
        event: "gateway-down",
        gateway: "10.0.0.2",
        reason: "timeout after 1s",
        message: "gateway 10.0.0.2 is down: timeout after 1s; 2 of 3 are up",
        up: 2,
        total: 3,
      },
    ]);
    expect(drafts(turn(1, "up"))).toEqual([
      { event: "gateway-up", gateway: "10.0.0.2", message: "gateway 10.0.0.2 is up; 3 of 3 are up", up: 3, total: 3 },
    ]);
  });

  test("that are up at the start are not reported, those that are down are", () => {
    const { turn, names } = setUp();
    expect(names(turn(0, "up"), turn(1, "down"), turn(2, "up"))).toEqual(["gateway-down"]);
  });

  test("that carry traffic since an earlier run are reported only when they go down", () => {
    const { turn, names } = setUp();
    GATEWAYS.forEach((_, index) => turn(index, "up")); // as the pool counts them
    expect(names({ type: "adopted", gateways: GATEWAYS }, turn(0, "down"), turn(0, "up"))).toEqual([
      "gateway-down",
      "gateway-up",
    ]);
  });
});

test("a gateway that begins to leak is reported, and its end is that it is up", () => {
  const { drafts } = setUp();
  const leak = { type: "gateway-leaks", gateway: "10.0.0.2", address: "5.0.0.9" } as const;
  const reason = "packets through it come out at 5.0.0.9, the public address of this router itself";
  expect(drafts({ ...leak, leaking: true })).toEqual([
    expect.objectContaining({
      event: "gateway-leaks",
      gateway: "10.0.0.2",
      reason,
      message: `gateway 10.0.0.2 leaks: ${reason}`,
    }),
  ]);
  expect(drafts({ ...leak, leaking: false })).toEqual([]);
});

test("another tier that carries the traffic is reported, with the names of its gateways", () => {
  const members = [
    { gateway: "10.0.0.1", weight: 1, tier: 1 },
    { gateway: "10.0.0.2", name: "lte", weight: 1, tier: 2 },
  ];
  const { drafts } = setUp(2, { members });
  const counts = [
    { tier: 1, gateways: ["10.0.0.1"], usable: 0 },
    { tier: 2, gateways: ["10.0.0.2"], usable: 1 },
  ];
  const report = { type: "tier", least: 1, shortage: "replace" } as const;
  expect(drafts({ ...report, tier: 1, before: undefined, counts })).toEqual([]);
  expect(drafts({ ...report, tier: 2, before: 1, counts })).toMatchObject([
    {
      event: "tier-changed",
      tier: 2,
      message: "all traffic now uses tier 2 (lte): tier 1 has 0 of 1 usable gateways",
    },
  ]);
});

describe("all gateways down", () => {
  test("are reported once, and so is the end", () => {
    const { turn, names } = setUp(2);
    names(turn(0, "up"), turn(1, "up"));
    expect(names(turn(0, "down"))).toEqual(["gateway-down"]);
    expect(names(turn(1, "down"))).toEqual(["gateway-down", "all-down"]);
    expect(names(turn(0, "up"))).toEqual(["gateway-up", "any-up"]);
    expect(names(turn(1, "up"))).toEqual(["gateway-up"]);
  });

  test("are not reported while some have not been probed yet", () => {
    const { turn, names } = setUp(2);
    expect(names(turn(0, "down"))).toEqual(["gateway-down"]);
    expect(names(turn(1, "down"))).toEqual(["gateway-down", "all-down"]);
  });

  test("are reported for a pool of one gateway", () => {
    const { turn, names } = setUp(1);
    expect(names(turn(0, "up"), turn(0, "down"), turn(0, "up"))).toEqual([
      "gateway-down",
      "all-down",
      "gateway-up",
      "any-up",
    ]);
  });
});

describe("DDNS", () => {
  test.each(["access", "refused", "quota"] as const)(
    "that fails with %s is reported at once, and only once",
    (kind) => {
      const { drafts, names } = setUp();
      expect(drafts(trouble(kind))).toMatchObject([
        { event: "ddns-failing", hostname: NAME, kind, reason: "it fails" },
      ]);
      expect(names(trouble(kind), trouble(kind))).toEqual([]);
    },
  );

  test("that fails in passing is reported at the third failure in a row", () => {
    const { names } = setUp();
    expect(names(trouble("passing"), trouble("passing"), verified, trouble("passing"), trouble("passing"))).toEqual([]);
    expect(names(trouble("passing"), trouble("passing"))).toEqual(["ddns-failing"]);
  });

  test("that fails with another kind is reported again", () => {
    const { names } = setUp();
    expect(names(trouble("quota"), trouble("access"))).toEqual(["ddns-failing", "ddns-failing"]);
  });

  test("of one of several names is reported with the provider, and by itself", () => {
    const names = [dnsName(NAME), dnsName(NAME, { ddnsProvider: "desec" })];
    const draft = createNotifications({ gateways: GATEWAYS, dnsNames: names });
    const at = (provider: string): ServiceEvent =>
      ({ ...trouble("access"), dnsName: `${NAME} ${provider}` }) as ServiceEvent;
    expect([at("desec"), at("desec"), at("dynudns")].flatMap(draft)).toMatchObject([
      { hostname: NAME, provider: "deSEC", message: `${NAME} at desec is not kept up to date: it fails` },
      { hostname: NAME, provider: "DynuDNS", message: `${NAME} at dynudns is not kept up to date: it fails` },
    ]);
  });

  test("that recovers is reported, if its failure was", () => {
    const { names, drafts } = setUp();
    expect(names(verified, trouble("passing"), verified)).toEqual([]);
    names(trouble("access"));
    expect(drafts(verified)).toMatchObject([
      { event: "ddns-mended", hostname: NAME, message: `the records of ${NAME} are correct again: 1.0.0.1` },
    ]);
    expect(names(verified)).toEqual([]);
  });
});

describe("entries of the kernel", () => {
  test("that are restored are reported", () => {
    const { drafts } = setUp();
    expect(drafts({ type: "repaired", entries: [RULE] })).toMatchObject([
      {
        event: "drift-repaired",
        entries: ["rule 10888 to table 180"],
        message: "rule 10888 to table 180 was removed or altered by another program; restored",
      },
    ]);
  });

  test("are named up to a number", () => {
    const { drafts } = setUp();
    const entries = Array.from({ length: 20 }, (_, index) => routeTo(`10.0.${index}.0/24`));
    const [draft] = drafts({ type: "repaired", entries });
    expect(draft!.entries).toHaveLength(16);
    expect(draft!.message).toContain("route 10.0.15.0/24 and 4 more were removed or altered");
  });

  test("that another program occupies or keeps undoing are reported", () => {
    const { drafts } = setUp();
    const fight: ServiceEvent = { type: "fight", entries: [RULE], waitMs: 1 };
    const conflict: ServiceEvent = { type: "conflict", entry: ROUTE, found: FOREIGN };
    expect(drafts(fight, conflict)).toMatchObject([
      {
        event: "conflict",
        entries: ["rule 10888 to table 180"],
        message: "another program keeps undoing rule 10888 to table 180",
      },
      {
        event: "conflict",
        entries: ["route 0.0.0.0/0"],
        message: expect.stringContaining("another program has a unicast route of protocol 4"),
      },
    ]);
  });
});

test("a notification of a pool with a name has that name, as a field and in the sentence", () => {
  const vpn = setUp(2, { name: "vpn" });
  vpn.drafts(vpn.turn(0, "up"));
  expect(
    vpn.drafts(vpn.turn(1, "down"), verified, trouble("access"), { type: "fight", entries: [RULE], waitMs: 1 }),
  ).toEqual([
    {
      event: "gateway-down",
      pool: "vpn",
      gateway: "10.0.0.2",
      reason: "timeout after 1s",
      message: "pool vpn: gateway 10.0.0.2 is down: timeout after 1s; 1 of 2 are up",
      up: 1,
      total: 2,
    },
    expect.objectContaining({ event: "ddns-failing", pool: "vpn", up: 1, total: 2 }),
    expect.objectContaining({
      event: "conflict",
      pool: "vpn",
      message: "pool vpn: another program keeps undoing rule 10888 to table 180",
    }),
  ]);
});

const members = [
  { gateway: GATEWAYS[0], name: "sweden", weight: 1, tier: 1 },
  { gateway: GATEWAYS[1], weight: 1, tier: 1 },
];

describe("gateways with names", () => {
  test("are named in the message and in a field, beside the address", () => {
    const { turn, drafts } = setUp(2, { members });
    const [down, up] = drafts(turn(0, "down"), turn(1, "up"), turn(0, "up"));
    expect(down).toMatchObject({
      gateway: "10.0.0.1",
      gatewayName: "sweden",
      message: "gateway sweden (10.0.0.1) is down: timeout after 1s; 0 of 2 are up",
    });
    expect(up).toMatchObject({ gatewayName: "sweden", message: "gateway sweden (10.0.0.1) is up; 2 of 2 are up" });
    const [leak] = drafts({ type: "gateway-leaks", gateway: "10.0.0.1", address: "5.0.0.9", leaking: true });
    expect(leak).toMatchObject({ gateway: "10.0.0.1", gatewayName: "sweden" });
    expect(leak!.message).toStartWith("gateway sweden (10.0.0.1) leaks: ");
  });

  test("leave out the name where the gateway has none, or the event has no gateway", () => {
    const { turn, drafts } = setUp(2, { members });
    const [down, , all] = drafts(turn(1, "down"), turn(0, "down"));
    for (const one of [down, all]) expect(one).not.toHaveProperty("gatewayName");
    expect(down!.message).toStartWith("gateway 10.0.0.2 is down");
  });
});

describe("the schema", () => {
  const ajv = new Ajv2020({ strict: false });
  (formats as unknown as (ajv: Ajv2020) => void)(ajv);
  const fits = ajv.compile({ ...(JSON.parse(JSON.stringify(Notification)) as object), additionalProperties: false });
  const frame = { version: 1, id: 1, time: "2026-01-02T03:04:05.678Z", host: "router" };

  test("fits every notification, and every event occurs", () => {
    const seen = new Set<string>();
    const happening = fc.oneof(
      fc.record({ index: fc.nat(2), status: fc.constantFrom("up" as const, "down" as const) }),
      fc.constantFrom<ServiceEvent>(
        verified,
        trouble("access"),
        trouble("passing"),
        { type: "repaired", entries: [ROUTE] },
        { type: "fight", entries: [ROUTE], waitMs: 1 },
        { type: "conflict", entry: ROUTE, found: FOREIGN },
        { type: "gateway-leaks", gateway: "10.0.0.1", address: "5.0.0.9", leaking: true },
        {
          ...{ type: "tier", tier: 2, before: 1, least: 1, shortage: "replace" },
          counts: [1, 2].map((tier) => ({ tier, gateways: [`10.0.0.${tier}`], usable: tier - 1 })),
        },
        { type: "drained", gateway: "10.0.0.1", drained: true, since: 1 },
        { type: "drained", gateway: "10.0.0.1", drained: false },
      ),
    );
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40, size: "max" }), (happenings) => {
        const { turn, drafts } = setUp(3, { members });
        for (const one of happenings) {
          for (const made of drafts("index" in one ? turn(one.index, one.status) : one)) {
            seen.add(made.event);
            expect([fits({ ...frame, ...made }), fits.errors]).toEqual([true, null]);
          }
        }
      }),
    );
    expect([...seen].sort()).toEqual([...EVENTS].sort());
  });

  test("fits nothing else", () => {
    const good = { ...frame, event: "all-down", message: "m", up: 0, total: 1 };
    expect(fits(good)).toBe(true);
    for (const bad of [
      { version: 2 },
      { event: "other" },
      { up: -1 },
      { time: "now" },
      { kind: "other" },
      { more: 1 },
    ]) {
      expect(fits({ ...good, ...bad })).toBe(false);
    }
  });

  test("is in the guide, field by field and event by event", () => {
    const namesUnder = (heading: string): string[] => {
      const [, section] = new RegExp(`^## ${heading}$([\\s\\S]*?)^## `, "m").exec(pageOf("hooks"))!;
      return [...section!.matchAll(/^- `([\w-]+)`:/gm)].map(([, name]) => name!).sort();
    };
    expect(namesUnder("Events")).toEqual(EVENTS.toSorted());
    expect(namesUnder("Fields")).toEqual(Object.keys(Notification.properties).sort());
  });

  test("fits the examples of the guide", () => {
    const examples = blocksOf(pageOf("hooks"), "json");
    expect(examples.map((example) => fits(JSON.parse(example)))).toEqual([true, true, true]);
  });
});

describe("a drained gateway", () => {
  const drain = { type: "drained", gateway: "10.0.0.2", drained: true, since: 1 } as const;

  test("is reported, and so is its end, with the counts", () => {
    const { turn, drafts } = setUp(2);
    drafts(turn(0, "up"), turn(1, "up"));
    expect(drafts(drain, { ...drain, drained: false })).toEqual([
      {
        event: "gateway-drained",
        gateway: "10.0.0.2",
        message: "gateway 10.0.0.2 is drained: it is not used until undrain",
        up: 2,
        total: 2,
      },
      {
        event: "gateway-undrained",
        gateway: "10.0.0.2",
        message: "gateway 10.0.0.2 is not drained any more",
        up: 2,
        total: 2,
      },
    ]);
  });

  test("is not reported at the start", () => {
    expect(setUp(2).names({ ...drain, initial: true })).toEqual([]);
  });
});
