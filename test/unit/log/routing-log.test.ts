import { describe, expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { Diversion } from "../../../src/routing/diversions.ts";
import type { Level } from "../../../src/log/log.ts";
import type { NexthopFault } from "../../../src/pool/nexthop-fault.ts";
import type { Entry } from "../../../src/routing/entry.ts";
import { ALL_DIVERTED, ROUTE_DIVERTED, SOME_DIVERTED } from "../../fixtures/diversions.ts";
import { lines, sentences, settled, trouble } from "./service-log.fixture.ts";

describe("trouble", () => {
  test("that lasts is an error once, and an info line when it ends", () => {
    expect(sentences(trouble("ip failed"), trouble("ip failed"), trouble("ip failed"), settled, settled)).toEqual([
      "error: ip failed; next try in 50ms",
      "debug: ip failed; next try in 50ms",
      "debug: ip failed; next try in 50ms",
      "info: the kernel holds what it should again",
    ]);
  });

  test("with another message is an error of its own", () => {
    expect(sentences(trouble("one"), trouble("two")).map((line) => line.split(":")[0])).toEqual(["error", "error"]);
  });

  test("with another code is an error of its own", () => {
    const rejected: ServiceEvent = { type: "trouble", error: { code: "rejected", detail: "one" }, waitMs: 50 };
    expect(sentences(trouble("one"), rejected)).toEqual([
      "error: one; next try in 50ms",
      "error: one; next try in 50ms",
    ]);
  });

  test("that comes back after its end is an error again", () => {
    expect(sentences(trouble("one"), settled, trouble("one"))[2]).toStartWith("error: one");
  });
});

describe("the kernel", () => {
  const destination = parseCidr("0.0.0.0/0")!;
  const ROUTE: Entry = { object: "route", table: 180, destination, metric: 0 };
  const RULE: Entry = { object: "rule", rule: { kind: "lookup", family: 4, preference: 10_888, table: 180 } };
  const NOT_ON_LINK: NexthopFault = { code: "not-connected", detail: "not on-link" };
  const FOREIGN = {
    family: 4,
    table: 180,
    type: "unicast",
    destination,
    metric: 0,
    protocol: 4,
    nexthops: [],
  } as const;

  test("what the earlier program has left is a warning with the commands, and its end an info line", () => {
    const leftovers = { rules: { enter: [], exclude: [], leave: [] }, routes: [FOREIGN, FOREIGN] };
    expect(
      sentences(
        { type: "leftovers", leftovers, removal: "ip route del default table 180 proto boot" },
        { type: "taken-over", leftovers },
      ),
    ).toEqual([
      "warn: the earlier program has left 2 routes, which are not touched without -take-over; stop that program if it still runs, and set -take-over, or remove them: ip route del default table 180 proto boot",
      "info: taken over from the earlier program: 2 routes; nothing else of it is left",
    ]);
  });

  test("each change is a debug line with its ip command", () => {
    const route = { ...FOREIGN, nexthops: [{ gateway: "10.0.0.1", weight: 1 }] };
    const changes = [
      { op: "replace-route", route, fresh: true },
      { op: "add-rule", rule: { kind: "lookup", family: 4, preference: 10_888, table: 180 } },
    ] as const;
    const lines = sentences({ type: "applied", changes, seconds: 0.01, error: undefined });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^debug: ip route replace default table 180 .*nexthop via 10\.0\.0\.1$/);
    expect(lines[1]).toMatch(/^debug: ip rule add pref 10888 .*lookup 180/);
  });

  test.each<[ServiceEvent, Level, readonly string[]]>([
    [{ type: "repaired", entries: [RULE] }, "warn", ["rule 10888 to table 180"]],
    [{ type: "fight", entries: [ROUTE], waitMs: 2000 }, "warn", ["route 0.0.0.0/0", "2s", "ip monitor"]],
    [{ type: "conflict", entry: ROUTE, found: FOREIGN }, "warn", ["route 0.0.0.0/0", "protocol 4"]],
    [
      { type: "unusable", gateways: ["10.0.0.1", "10.0.0.2"], fault: NOT_ON_LINK, count: 2 },
      "warn",
      ["10.0.0.1, 10.0.0.2", "not on-link"],
    ],
    [{ type: "usable", gateways: ["10.0.0.1"], count: 1 }, "info", ["10.0.0.1"]],
    [
      { type: "covered", destination: parseCidr("10.0.0.0/24")!, by: parseCidr("10.0.0.0/16")! },
      "warn",
      ["10.0.0.0/24", "10.0.0.0/16"],
    ],
    [
      { type: "cleaned", orphan: { kind: "table", table: 181, rules: [], routes: [] }, entries: 3 },
      "info",
      ["table 181", "3"],
    ],
  ])("%j is one line at the level %s", (event, level, parts) => {
    const found = lines(event);
    expect(found).toHaveLength(1);
    expect(found[0]!.level).toBe(level);
    for (const part of parts) expect(found[0]!.message).toContain(part);
  });

  test("a long list is cut, with the number of those not named", () => {
    const gateways = Array.from({ length: 160 }, (_, index) => `10.0.0.${index + 1}`);
    const [line] = sentences({ type: "unusable", gateways, fault: NOT_ON_LINK, count: 160 });
    expect(line).toContain("10.0.0.1, 10.0.0.2");
    expect(line).toContain("10.0.0.8 and 152 more");
    expect(line).not.toContain("10.0.0.9");
  });
});

test("an interface that cannot be read is a warning with its consequence and a remedy", () => {
  const unreadable = "unexpected output of ip: expected JSON";
  expect(
    sentences(
      { type: "link-skipped", link: { name: "v1", unreadable } },
      { type: "link-skipped", link: { name: "", unreadable } },
      { type: "link-skipped", link: { name: "a\\u0001" } },
    ),
  ).toEqual([
    `warn: interface v1 is left out: ${unreadable}; its networks are not excluded; install another release of iproute2; until then, exclude them with -exclude-cidr`,
    `warn: interface without a name is left out: ${unreadable}; its networks are not excluded; install another release of iproute2; until then, exclude them with -exclude-cidr`,
    "warn: interface a\\u0001 has control characters in its name: a loss of its carrier is not noticed; rename it (ip link set NAME name NEWNAME)",
  ]);
});

describe("a rule of another program before ours", () => {
  const preceded = (...diversions: Diversion[]): ServiceEvent => ({ type: "preceded", diversions });
  const ALL =
    "warn: a rule of another program comes first: 10887: not from all fwmark 0xca6c lookup 51820: no packet reaches the gateways, since table 51820 has a route for each; gateway-route-manager check names a remedy";
  const SOME =
    "warn: a rule of another program comes first: 5270: from all lookup 52: no packet to 44.0.0.0/16, 44.1.0.0/16, 44.2.0.0/16, ... reaches the gateways, since table 52 has a route there; gateway-route-manager check names a remedy";

  test("is a warning once, whatever networks come and go, and its end is an info line", () => {
    const fewer = { ...SOME_DIVERTED, more: 0 };
    expect(sentences(preceded(SOME_DIVERTED), preceded(fewer, ALL_DIVERTED), preceded(ALL_DIVERTED))).toEqual([
      SOME,
      ALL,
      "info: a rule of another program no longer keeps packets from the gateways: 5270: from all lookup 52",
    ]);
  });

  test("is another warning when it diverts all packets now", () => {
    const all = { ...SOME_DIVERTED, extent: "all", everything: true } as const;
    expect(sentences(preceded(SOME_DIVERTED), preceded(all))[1]).toStartWith(
      "warn: a rule of another program comes first: 5270: from all lookup 52: no packet reaches the gateways",
    );
    expect(sentences(preceded(SOME_DIVERTED), preceded(all))).toHaveLength(2);
  });

  test("many routes are one line, and so is their end", () => {
    const routes = [8, 16, 24].map((first) => ({
      ...ROUTE_DIVERTED,
      route: { ...ROUTE_DIVERTED.route, destination: parseCidr(`${first}.0.0.0/7`)! },
    }));
    expect(sentences(preceded(...routes), preceded())).toEqual([
      "warn: 3 routes of other programs come first, among them route 8.0.0.0/7 dev ppp0 in table 180: packets to 8.0.0.0/7 use it instead of the gateways, also while none is usable; gateway-route-manager check names a remedy",
      "info: 3 routes of other programs no longer keep packets from the gateways, among them route 8.0.0.0/7 dev ppp0 in table 180",
    ]);
  });

  test("are logged as routes where they are routes in our table", () => {
    expect(sentences(preceded(ROUTE_DIVERTED), preceded(ROUTE_DIVERTED, ALL_DIVERTED), preceded(ALL_DIVERTED))).toEqual(
      [
        "warn: a route of another program comes first: route 8.0.0.0/7 dev ppp0 in table 180: packets to 8.0.0.0/7 use it instead of the gateways, also while none is usable; gateway-route-manager check names a remedy",
        expect.stringContaining("a rule of another program comes first"),
        "info: a route of another program no longer keeps packets from the gateways: route 8.0.0.0/7 dev ppp0 in table 180",
      ],
    );
  });
});

test("a wait has no more digits than a person reads", () => {
  const { error } = trouble("ip failed") as Extract<ServiceEvent, { type: "trouble" }>;
  expect(sentences({ type: "trouble", error, waitMs: 1234.56789012 })).toEqual(["error: ip failed; next try in 1.2s"]);
});
