import { describe, expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { Diversion } from "../../../src/routing/diversions.ts";
import type { Fields, Level } from "../../../src/log/log.ts";
import type { LinkFault } from "../../../src/pool/link-fault.ts";
import type { NexthopFault } from "../../../src/pool/nexthop-fault.ts";
import type { Entry } from "../../../src/routing/entry.ts";
import { ALL_DIVERTED, SOME_DIVERTED } from "../../fixtures/diversions.ts";
import { createServiceLog } from "../../../src/log/service-log.ts";

interface Line {
  readonly level: Level;
  readonly message: string;
  readonly fields: Fields | undefined;
}

/** The lines after these events, at every level, of pools with these names. */
function linesOf(names: readonly string[], ...events: readonly ServiceEvent[]): Line[] {
  const lines: Line[] = [];
  const write = (level: Level, message: string, fields?: Fields): void => void lines.push({ level, message, fields });
  const log = Object.assign(write, { writes: () => true });
  const pools = names.map((name, index) => ({ name, firstRoutingTableId: 180 + index, ddnsHostname: undefined }));
  const unnamed = { firstRoutingTableId: 180, ddnsHostname: undefined };
  const record = createServiceLog(log, names.length === 0 ? [unnamed] : pools);
  for (const event of events) record(event);
  return lines;
}

/** The lines after these events of one pool without a name. */
const lines = (...events: readonly ServiceEvent[]): Line[] => linesOf([], ...events);

const sentences = (...events: readonly ServiceEvent[]): string[] =>
  lines(...events).map(({ level, message }) => `${level}: ${message}`);

const trouble = (detail: string): ServiceEvent => ({ type: "trouble", error: { code: "ip", detail }, waitMs: 50 });
const settled: ServiceEvent = { type: "settled" };
const turned = (gateway: string, status: "up" | "down", detail: string): ServiceEvent => {
  return { type: "gateway", gateway, before: "unknown", status, detail, up: 2, down: 3, total: 5 };
};

describe("a gateway's change is one info line", () => {
  test("down, with the reason and how many are left", () => {
    expect(lines(turned("10.0.0.11", "down", "timeout after 1s"))).toEqual([
      {
        level: "info",
        message: "gateway 10.0.0.11 down: timeout after 1s (2 of 5 healthy)",
        fields: { gateway: "10.0.0.11", status: "down" },
      },
    ]);
  });

  test("up, with how many are healthy now", () => {
    expect(lines(turned("10.0.0.11", "up", "status 200"))).toEqual([
      {
        level: "info",
        message: "gateway 10.0.0.11 up (2 of 5 healthy)",
        fields: { gateway: "10.0.0.11", status: "up" },
      },
    ]);
  });
});

test("probes that cannot be sent are logged once with a remedy, until a whole round of them can be sent", () => {
  const unsent = { kind: "failure", seconds: 0, code: "exhausted", detail: "no socket left" } as const;
  const sent = { kind: "success", seconds: 0, detail: "status 200", status: 200 } as const;
  const probe = (result: typeof unsent | typeof sent): ServiceEvent => ({
    type: "probe",
    gateway: "10.0.0.1",
    result,
    failures: 0,
  });
  const cycle: ServiceEvent = { type: "cycle", seconds: 0, up: 1 };
  const found = sentences(
    probe(unsent),
    probe(sent),
    cycle,
    probe(unsent),
    cycle,
    probe(sent),
    cycle,
    cycle,
    probe(unsent),
  );
  expect(found.filter((line) => !line.startsWith("debug"))).toEqual([
    expect.stringMatching(/^error: probes cannot be sent: no socket left; .*ulimit -n/),
    "info: all probes can be sent again",
    expect.stringMatching(/^error: probes cannot be sent/),
  ]);
});

test("an ip monitor that keeps exiting is logged with its last output, and so is its recovery", () => {
  expect(sentences({ type: "watching", trouble: "it broke" }, { type: "watching", trouble: undefined })).toEqual([
    "error: ip monitor keeps exiting: it broke; changes by other programs are detected late until it runs",
    "info: ip monitor runs again",
  ]);
});

test("a gateway that goes down with a link of this router has the fault of the link as the reason", () => {
  const down = (gateway: string): ServiceEvent => turned(gateway, "down", "timeout after 1s");
  const noCarrier: LinkFault = { code: "no-carrier", detail: "has no carrier" };
  const fault = (fault: LinkFault | undefined): ServiceEvent => {
    return { type: "link-fault", device: "eth0", fault, gateways: ["a", "b"] };
  };
  expect(sentences(fault(noCarrier), down("a"), down("c"), fault(undefined), down("a"))).toEqual([
    "info: gateway a down: eth0 has no carrier (2 of 5 healthy)",
    "info: gateway c down: timeout after 1s (2 of 5 healthy)",
    "info: gateway a down: timeout after 1s (2 of 5 healthy)",
  ]);
});

describe("a probe is a debug line", () => {
  test("of success", () => {
    const result = { kind: "success", seconds: 0.0123456789, detail: "status 204", status: 204 } as const;
    const [line] = lines({ type: "probe", gateway: "10.0.0.1", result, failures: 0 });
    expect(`${line!.level}: ${line!.message}`).toBe("debug: probe of 10.0.0.1: status 204 in 12.346ms");
    expect(line!.fields).toMatchObject({ gateway: "10.0.0.1", reason: undefined });
  });

  test("of failure, with its reason as a field", () => {
    const result = { kind: "failure", seconds: 1.0004, code: "timeout", detail: "timeout after 1s" } as const;
    const [line] = lines({ type: "probe", gateway: "10.0.0.1", result, failures: 1 });
    expect(line!.level).toBe("debug");
    expect(line!.message).toStartWith("probe of 10.0.0.1: timeout after 1s in 1.0004s");
    expect(line!.fields).toMatchObject({ gateway: "10.0.0.1", reason: "timeout" });
  });
});

describe("a gateway that flaps", () => {
  test("is logged with the length of its hold and the reason, and so is the end", () => {
    const events: ServiceEvent[] = [
      { type: "held", gateway: "10.0.0.1", waitMs: 19_999.7, losses: 3 },
      { type: "held", gateway: "10.0.0.1", waitMs: 1_234.5, losses: 2 },
      { type: "released", gateway: "10.0.0.1", early: false },
      { type: "released", gateway: "10.0.0.1", early: true },
      { type: "selection", held: ["10.0.0.1"], kept: [], shortage: undefined },
    ];
    expect(sentences(...events)).toEqual([
      "warn: gateway 10.0.0.1 flaps: lost 3 times in a short time; not used for 20s",
      "warn: gateway 10.0.0.1 flaps: lost 2 times in a short time; not used for 1.2s",
      "info: gateway 10.0.0.1 is used again: flap hold ended",
      "warn: gateway 10.0.0.1 is used again: flap hold ended early: too few other gateways are healthy",
    ]);
  });
});

describe("gateways that failed together", () => {
  const event = (gateways: string[], ...links: [device: string, detail: string][]): ServiceEvent => ({
    type: "failed-together",
    gateways,
    links: links.map(([device, detail]) => ({ device, fault: { code: "down", detail } })),
  });

  test.each<[ServiceEvent, string]>([
    [
      event(["a", "b", "c", "d", "e"], ["eth0", "has no carrier"]),
      "all 5 healthy gateways failed together with eth0, which has no carrier: this router's own link is at fault, not the gateways",
    ],
    [
      event(["a", "b"], ["eth0", "is down"], ["eth1", "is down"]),
      "all 2 healthy gateways failed together with eth0, which is down, and eth1, which is down: this router's own link is at fault, not the gateways",
    ],
    [
      event(["a"], ["eth0", "is down"]),
      "the only healthy gateway failed together with eth0, which is down: this router's own link is at fault, not the gateway",
    ],
    [
      event(["a", "b"]),
      "all 2 healthy gateways failed in the same moment, and no fault of this router's own links explains it: a common cause is likely, such as a switch, a power supply, or this router itself",
    ],
  ])("%j", (event, expected) => {
    expect(sentences(event)).toEqual([`warn: ${expected}`]);
  });
});

describe("too few healthy gateways", () => {
  const short = (policy: "keep" | "all" | "none", healthy: number, ...kept: string[]): ServiceEvent => ({
    type: "selection",
    held: [],
    kept,
    shortage: { least: 2, policy, healthy, total: 5 },
  });
  const enough: ServiceEvent = { type: "selection", held: [], kept: [], shortage: undefined };
  const start = "warn: fewer than 2 of 5 gateways are healthy (-min-healthy): ";

  test("are logged once for each choice, and so is their end", () => {
    expect(
      sentences(enough, short("keep", 1, "a"), short("keep", 1, "a"), short("keep", 0, "a", "b"), enough, enough),
    ).toEqual([
      `${start}in use although they are down, since they were lost last: a`,
      `${start}in use although they are down, since they were lost last: a, b`,
      "info: enough gateways are healthy again: only those are used",
    ]);
    expect(sentences(short("keep", 0))).toEqual([`${start}no gateway that was healthy before can be used instead`]);
    expect(sentences(short("all", 1, "a"), short("all", 0, "a", "b"))).toEqual([
      `${start}all are used, healthy or not`,
    ]);
    expect(sentences(short("none", 1), short("none", 0))).toEqual([`${start}none is used`]);
  });
});

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
  const ROUTE: Entry = { object: "route", destination, metric: 0 };
  const RULE: Entry = { object: "rule", rule: { kind: "lookup", family: 4, preference: 10_888, table: 180 } };
  const NOT_ON_LINK: NexthopFault = { code: "not-connected", detail: "not on-link" };
  const FOREIGN = { family: 4, type: "unicast", destination, metric: 0, protocol: 4, nexthops: [] } as const;

  test("each change is a debug line with its ip command", () => {
    const route = {
      family: 4,
      type: "unicast",
      destination: parseCidr("0.0.0.0/0")!,
      metric: 0,
      nexthops: [{ gateway: "10.0.0.1", weight: 1 }],
    } as const;
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

  test("are not named in what concerns the machine", () => {
    const found = linesOf(names, { type: "watching", trouble: undefined });
    expect(found).toEqual([{ level: "info", message: "ip monitor runs again", fields: undefined }]);
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
    `warn: interface v1 is left out: ${unreadable}; its networks are not excluded; exclude them with -exclude-cidr, or install another release of iproute2`,
    `warn: interface without a name is left out: ${unreadable}; its networks are not excluded; exclude them with -exclude-cidr, or install another release of iproute2`,
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
      "info: a rule of another program no longer comes first: 5270: from all lookup 52",
    ]);
  });

  test("is another warning when it diverts all packets now", () => {
    const all = { ...SOME_DIVERTED, extent: "all", everything: true } as const;
    expect(sentences(preceded(SOME_DIVERTED), preceded(all))[1]).toStartWith(
      "warn: a rule of another program comes first: 5270: from all lookup 52: no packet reaches the gateways",
    );
    expect(sentences(preceded(SOME_DIVERTED), preceded(all))).toHaveLength(2);
  });
});
