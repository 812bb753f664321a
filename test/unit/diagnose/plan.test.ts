import { describe, expect, test } from "bun:test";

import { planText } from "../../../src/diagnose/format-plan.ts";
import type { ServicePlan } from "../../../src/diagnose/planned.ts";
import { planNames, recordText, type RecordFacts } from "../../../src/diagnose/record-plan.ts";
import { planRouting, type RoutingFacts } from "../../../src/diagnose/routing-plan.ts";
import { describeEntry } from "../../../src/log/describe.ts";
import type { Thresholds } from "../../../src/pool/health.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";
import { commandOf } from "../../../src/routing/iproute2/batch.ts";
import { layoutOf } from "../../../src/routing/slots.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { TABLE_REF } from "./kernel-facts.fixture.ts";

const GATEWAYS = ["10.0.0.11", "10.0.0.12", "10.0.0.13"];
const GOOD: ProbeResult = { kind: "success", seconds: 0.01, detail: "status 200", status: 200 };
const BAD: ProbeResult = { kind: "failure", seconds: 0.01, code: "refused", detail: "connection refused" };

const resultsOf = (down: readonly string[]) =>
  new Map(GATEWAYS.map((gateway) => [gateway, down.includes(gateway) ? BAD : GOOD]));

async function plan(
  down: readonly string[],
  commands: readonly string[] = [],
  { thresholds = { rise: 1, fall: 1 }, ...changes }: Partial<RoutingFacts> & { thresholds?: Thresholds } = {},
  prepare: (kernel: FakeKernel) => void = () => {},
) {
  const kernel = new FakeKernel();
  for (const command of commands) expect(kernel.run(command)).toBeUndefined();
  prepare(kernel);
  const planned = planRouting({
    layout: layoutOf(GATEWAYS),
    whenNoGateways: "fall-through",
    destinations: { managed: [parseCidr("0.0.0.0/0")!], excluded: [], reserved: [], gateways: [] },
    tableRef: TABLE_REF,
    quorum: { least: 0, policy: "keep" },
    observed: await kernel.observe(TABLE_REF.table, GATEWAYS),
    probers: [{ thresholds, results: resultsOf(down) }],
    requirementOf: () => "all",
    ...changes,
  });
  return { ...planned, commands: planned.changes.map((change) => commandOf(change).join(" ")) };
}

const OWN = "table 180 proto 173";
const STANDING = [
  `route add throw 10.0.0.0/24 ${OWN}`,
  `route replace default ${OWN} nexthop via 10.0.0.11 nexthop via 10.0.0.12 nexthop via 10.0.0.13`,
  "rule add pref 10888 from all lookup 180 protocol 173",
];

describe("the plan for routes and rules", () => {
  test("sets everything up through the healthy gateways", async () => {
    const { commands, gateways } = await plan(["10.0.0.12"]);
    expect(commands).toEqual([
      STANDING[0]!,
      expect.stringContaining(`route replace default ${OWN} nexthop via 10.0.0.11`),
      STANDING[2]!,
    ]);
    expect(gateways.map(({ active, detail }) => [active, detail])).toEqual([
      [true, "status 200"],
      [false, "connection refused"],
      [true, "status 200"],
    ]);
  });

  test("judges a gateway by all probers, and names what each that fails has found", async () => {
    const thresholds = { rise: 1, fall: 1 };
    const through: ProbeResult = { ...BAD, detail: "icmp 1.1.1.1: no answer through it" };
    const results = new Map(GATEWAYS.map((gateway) => [gateway, gateway === GATEWAYS[0] ? GOOD : through]));
    const probers = [
      { thresholds, results: resultsOf([GATEWAYS[1]!]) },
      { thresholds, results },
    ];
    const { gateways } = await plan([], [], { probers });
    expect(gateways.map(({ healthy, detail }) => [healthy, detail])).toEqual([
      [true, "status 200"],
      [false, "connection refused; icmp 1.1.1.1: no answer through it"],
      [false, "icmp 1.1.1.1: no answer through it"],
    ]);
    const any = await plan([], [], { probers, requirementOf: () => "any" });
    expect(any.gateways.map(({ healthy, detail }) => [healthy, detail])).toEqual([
      [true, "status 200"],
      [false, "connection refused; icmp 1.1.1.1: no answer through it"],
      [true, "icmp 1.1.1.1: no answer through it"],
    ]);
  });

  test("keeps a gateway in use while any prober has not failed as often as it may, where any is enough", async () => {
    const probers = [
      { thresholds: { rise: 1, fall: 1 }, results: resultsOf(GATEWAYS) },
      { thresholds: { rise: 1, fall: 2 }, results: resultsOf(GATEWAYS) },
    ];
    const any = await plan([], STANDING, { probers, requirementOf: () => "any" });
    expect(any.gateways.map(({ healthy }) => healthy)).toEqual([true, true, true]);
    const all = await plan([], STANDING, { probers });
    expect(all.gateways.map(({ healthy }) => healthy)).toEqual([false, false, false]);
  });

  test("has the rules and routes for probes beyond the gateways", async () => {
    const probes = { preference: 100, table: 18001, mark: 0xad000000 };
    const { commands } = await plan([], [], { probes });
    expect(commands).toContain("rule add pref 100 not from all fwmark 0xad000000/0xff000000 goto 102 protocol 173");
    expect(commands).toContain("rule add pref 101 from all fwmark 0xad000003/0xff0000ff lookup 18003 protocol 173");
    expect(commands.filter((one) => one.startsWith("route") && one.includes("table 1800"))).toHaveLength(6);
  });

  test("obeys -when-no-gateways without a healthy gateway", async () => {
    const all = await plan(GATEWAYS, STANDING, { whenNoGateways: "fall-through" });
    expect(all.commands).toEqual([`route del unicast default ${OWN}`]);
    expect((await plan(GATEWAYS, STANDING, { whenNoGateways: "keep" })).commands).toEqual([]);
    const { commands } = await plan(GATEWAYS, STANDING, { whenNoGateways: "blackhole" });
    expect(commands).toContain(`route add blackhole default ${OWN} metric 4294967295`);
    expect(commands).toContain("rule add pref 10890 from all to 0.0.0.0/1 blackhole protocol 173");
  });

  test.each([
    ["keep", [true, false, true]],
    ["all", [true, true, true]],
    ["none", [false, false, false]],
  ] as const)("obeys -min-healthy with the policy %s", async (policy, active) => {
    const { gateways } = await plan(["10.0.0.12", "10.0.0.13"], STANDING, { quorum: { least: 2, policy } });
    expect(gateways.map((one) => one.active)).toEqual([...active]);
    expect(gateways.map((one) => one.healthy)).toEqual([true, false, false]);
  });

  test("keeps no gateway by the quorum that was not in use", async () => {
    const { gateways } = await plan(["10.0.0.12"], [], { quorum: { least: 3, policy: "keep" } });
    expect(gateways.map((one) => one.active)).toEqual([true, false, true]);
  });

  test("is empty when the kernel holds what it should", async () => {
    expect((await plan([], STANDING)).commands).toEqual([]);
  });

  test("adopts the slots found, so that only the lost gateway's flows move", async () => {
    const slots =
      "nexthop via 10.0.0.11 weight 4 nexthop via 10.0.0.13 weight 2 nexthop via 10.0.0.11 weight 2 nexthop via 10.0.0.13 weight 4";
    const standing = [STANDING[0]!, `route replace default ${OWN} ${slots}`, STANDING[2]!];
    expect((await plan(["10.0.0.12"], standing)).commands).toEqual([]);
  });

  test("leaves out a gateway in use only after -fall failures, and an unknown one at once", async () => {
    const patient = { thresholds: { rise: 1, fall: 2 } };
    expect((await plan(["10.0.0.12"], STANDING, patient)).commands).toEqual([]);
    expect((await plan(["10.0.0.12"], STANDING)).commands).toHaveLength(1);
    expect((await plan(["10.0.0.12"], [], patient)).gateways[1]).toMatchObject({ healthy: false, active: false });
  });

  test("leaves out a gateway in use whose interface has lost its carrier, whatever -fall says", async () => {
    const patient = { thresholds: { rise: 1, fall: 3 } };
    const cut = (kernel: FakeKernel): void => {
      kernel.devices.set("10.0.0.12", "eth1");
      kernel.withoutCarrier.add("eth1");
    };
    const { commands, gateways } = await plan(["10.0.0.12"], STANDING, patient, cut);
    expect(commands).toEqual([expect.stringContaining(`route replace default ${OWN} nexthop via 10.0.0.11`)]);
    expect(commands[0]).not.toContain("10.0.0.12");
    expect(gateways[1]).toMatchObject({ healthy: true, active: false, leftOut: "its interface eth1 has no carrier" });
    const all = (kernel: FakeKernel): void => void kernel.withoutCarrier.add("eth0");
    expect((await plan(GATEWAYS, STANDING, patient, all)).commands).toEqual([]); // the probes decide then
  });

  test("leaves out an address of this machine, however healthy it is", async () => {
    const { commands, gateways } = await plan([], STANDING, {}, (kernel) => kernel.addresses.push("10.0.0.12/32"));
    expect(gateways[1]).toMatchObject({ healthy: true, active: false, leftOut: expect.stringContaining("itself") });
    expect(commands.at(-1)).not.toContain("via 10.0.0.12");
  });

  test("removes the managed route when no gateway is left", async () => {
    expect((await plan(GATEWAYS, STANDING)).commands).toEqual([`route del unicast default ${OWN}`]);
  });

  test("names the route of another program in the place of ours", async () => {
    const { conflicts, commands } = await plan([], ["route add default table 180 proto 4 nexthop via 10.0.0.99"]);
    expect(conflicts.map(({ entry }) => describeEntry(entry))).toEqual(["route 0.0.0.0/0"]);
    expect(commands.filter((command) => command.startsWith("rule"))).toEqual([]);
  });
});

describe("the plan of records", () => {
  const record = (address: string, changes = {}) => ({ id: address, address, ttl: 60, enabled: true, ...changes });
  const found = (gateway: string, address: string) => ({
    gateway,
    result: { kind: "success", seconds: 0.01, address } as const,
  });
  const missed = (gateway: string) => ({
    gateway,
    result: { kind: "failure", seconds: 0.01, code: "status", detail: "no" } as const,
  });
  const planned = (changes: Partial<RecordFacts>): string[] =>
    planNames({ gateways: GATEWAYS, asked: [], listed: [], ttl: 60, whenNoGateways: "remove", ...changes }).map(
      recordText,
    );

  test("changes in place, adds, corrects and removes", () => {
    const asked = [found("10.0.0.11", "1.0.0.1"), found("10.0.0.12", "1.0.0.2"), found("10.0.0.13", "1.0.0.3")];
    expect(planned({ asked, listed: [record("1.0.0.1", { ttl: 5 }), record("9.0.0.9")] })).toEqual([
      "correct 1.0.0.1, time to live 5s to 60s",
      "change 9.0.0.9 to 1.0.0.2",
      "add 1.0.0.3, with a time to live of 60s",
    ]);
    expect(
      planned({ asked: asked.slice(0, 1), listed: [record("1.0.0.1", { enabled: false }), record("9.0.0.9")] }),
    ).toEqual(["correct 1.0.0.1, enable it", "remove 9.0.0.9"]);
    expect(planned({ asked: asked.slice(0, 1), listed: [record("1.0.0.1")] })).toEqual([]);
  });

  test("spares records while an address is unknown, and follows -ddns-when-no-gateways", () => {
    expect(planned({ asked: [missed("10.0.0.11")], listed: [record("9.0.0.9")] })).toEqual([]);
    expect(planned({ listed: [record("9.0.0.9")] })).toEqual(["remove 9.0.0.9"]);
    expect(planned({ listed: [record("9.0.0.9")], whenNoGateways: "keep" })).toEqual([]);
  });

  test("has the address of the gateway that a name follows, and knows those of others", () => {
    const follows = "10.0.0.12";
    const others = [found("10.0.0.11", "1.0.0.1")];
    const listed = [record("1.0.0.1")];
    expect(planned({ follows, asked: [...others, found(follows, "1.0.0.2")], listed })).toEqual([
      "change 1.0.0.1 to 1.0.0.2",
    ]);
    expect(planned({ follows, asked: others, listed })).toEqual(["remove 1.0.0.1"]);
    expect(planned({ follows, asked: others, listed, whenNoGateways: "keep" })).toEqual([]);
    const both = [...listed, record("9.0.0.9")];
    expect(planned({ follows, asked: [...others, missed(follows)], listed: both })).toEqual(["remove 1.0.0.1"]);
  });
});

describe("the text", () => {
  const EMPTY: ServicePlan = {
    running: false,
    gateways: [{ address: "10.0.0.11", healthy: true, detail: "status 200", leftOut: null, active: true }],
    kernel: { commands: [], cleaning: [], obstacles: [] },
    ddns: null,
  };
  const text = (changes: Partial<ServicePlan>): string =>
    planText({ ...EMPTY, ...changes }, 180, { width: Infinity, colour: false });

  test("says that there is nothing to change", () => {
    expect(text({ running: true })).toBe(
      "1 of 1 gateways are healthy; an instance manages table 180\n\nin the kernel:\n  nothing to change\n",
    );
  });

  test("lists gateways, commands, obstacles and records in their sections", () => {
    const gateways = [
      { address: "10.0.0.11", healthy: false, detail: "connection refused", leftOut: null, active: false },
      { address: "10.0.0.12", healthy: true, detail: "status 200", leftOut: "it is far away", active: false },
    ];
    const kernel = { commands: ["ip rule add"], cleaning: ["ip rule del"], obstacles: ["another program"] };
    const ddns = { hostname: "gw.example.com", provider: "DynuDNS", changes: ["add 1.0.0.1"], remarks: ["unknown"] };
    expect(text({ gateways, kernel, ddns })).toBe(
      [
        "1 of 2 gateways are healthy; no instance manages table 180",
        "  10.0.0.11 is not healthy: connection refused",
        "  10.0.0.12 is left out: it is far away",
        "",
        "in the kernel:",
        "  ip rule add",
        "  another program",
        "",
        "a few seconds later, to remove what killed runs left:",
        "  ip rule del",
        "",
        "at DynuDNS, gw.example.com:",
        "  add 1.0.0.1",
        "  unknown",
        "",
      ].join("\n"),
    );
  });

  test("names gateways that are used though not healthy, or not used though healthy", () => {
    const gateways = [
      { address: "10.0.0.11", healthy: false, detail: "status 503", leftOut: null, active: true },
      { address: "10.0.0.12", healthy: true, detail: "status 200", leftOut: null, active: false },
    ];
    expect(text({ gateways }).split("\n").slice(1, 3)).toEqual([
      "  10.0.0.11 is not healthy, but used (-min-healthy): status 503",
      "  10.0.0.12 is not used: too few are healthy (-min-healthy)",
    ]);
  });
});
