import { describe, expect, test } from "bun:test";

import { destinationsOf } from "../../../src/config/destinations.ts";
import { addressesOf } from "../../../src/config/model.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { classify } from "../../../src/routing/classify.ts";
import { checkLookUps } from "../../../src/diagnose/ddns-findings.ts";
import type { PacketFacts } from "../../../src/diagnose/explanation.ts";
import { checkExits } from "../../../src/diagnose/exits.ts";
import { explanationOf, explanationText } from "../../../src/diagnose/format-explanation.ts";
import { findingsText } from "../../../src/diagnose/format-findings.ts";
import { planText } from "../../../src/diagnose/format-plan.ts";
import { gatewayEntry } from "../../../src/diagnose/planned.ts";
import { checkProbes } from "../../../src/diagnose/gateways.ts";
import { checkNexthops } from "../../../src/diagnose/nexthops.ts";
import { checkThrough } from "../../../src/diagnose/through.ts";
import { PROTOCOL } from "../../../src/routing/types.ts";
import { textsOf } from "../../../src/text/gateway.ts";
import { lookUpRules } from "../../../src/routing/rule-lookup.ts";
import { OWN_RULE, routeTo, rulesWith } from "./kernel-facts.fixture.ts";

/** The gateways of these flags, with their names, and how they are given. */
function given(flags: Readonly<Record<string, string>>) {
  const parsed = parseConfig(flags, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  const { gateways: named, pools } = parsed.config;
  return { pool: pools[0], named, gateways: addressesOf(parsed.config), given: parsed.given! };
}

type Given = ReturnType<typeof given>;

const RANGE = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.3" };
const ALONE = given({ gateway: "sweden=10.0.0.1 10.9.0.1" });
const MIXED = given({ ...RANGE, gateway: "sweden=10.0.0.1 lte=10.9.0.1,tier=2 10.9.0.2" });

const textOf = textsOf(MIXED.named);
const TARGET = { scheme: "http", port: 9999, path: "/" };
const up = { kind: "success", seconds: 0.012, detail: "status 200", status: 200 } as const;

describe("check", () => {
  test("names the gateway of each probe", () => {
    const probed = MIXED.gateways.map((gateway) => ({ gateway, result: up, answersArp: true, otherPorts: [] }));
    expect(checkProbes(probed, TARGET, textOf).map(({ topic }) => topic)).toEqual([
      "gateway sweden (10.0.0.1)",
      "gateway 10.0.0.2",
      "gateway 10.0.0.3",
      "gateway lte (10.9.0.1)",
      "gateway 10.9.0.2",
    ]);
  });

  test("names the gateway of each probe beyond it", () => {
    const answers = new Map([["10.0.0.1", new Map([["1.1.1.1", up]])]]);
    const own = { requirementOf: () => "all" as const, healthy: new Set<string>(), present: new Set<string>() };
    const facts = { ...own, devices: new Map(), filtered: undefined, textOf };
    const mark = { value: "0xad000000", mask: "0xff000000" };
    const findings = checkThrough([{ label: "icmp", targets: ["1.1.1.1"], need: 1, answers }], { ...facts, mark });
    expect(findings.map(({ topic }) => topic)).toEqual(["through sweden (10.0.0.1)"]);
  });

  test("names the gateway of each exit, and those that have the same one", () => {
    const found = { kind: "success", seconds: 0.1, address: "2.0.0.1" } as const;
    const exits = new Map(["10.0.0.1", "10.0.0.2", "10.9.0.1"].map((gateway) => [gateway, found]));
    const [, ...findings] = checkExits({ own: { ...found, address: "1.0.0.1" }, exits }, textOf);
    expect(findings.map(({ topic }) => topic)).toEqual([
      "exit sweden (10.0.0.1)",
      "exit 10.0.0.2",
      "exit lte (10.9.0.1)",
    ]);
    expect(findings[1]!.message).toContain("the same as sweden (10.0.0.1), lte (10.9.0.1)");
  });

  test("names gateways in look-ups of their public addresses", () => {
    const found = { kind: "success", seconds: 0.1, address: "1.0.0.1" } as const;
    const failed = { kind: "failure", seconds: 0.1, code: "status", detail: "status 503" } as const;
    const lookUps = [
      { gateway: "10.0.0.1", result: found },
      { gateway: "10.9.0.1", result: found },
      { gateway: "10.9.0.2", result: failed },
    ];
    expect(checkLookUps(lookUps, { publicIpServicePort: 443 }, textOf).map(({ message }) => message)).toEqual([
      "sweden (10.0.0.1) has 1.0.0.1, the same as lte (10.9.0.1)",
      "lte (10.9.0.1) has 1.0.0.1, the same as sweden (10.0.0.1)",
      "10.9.0.2: status 503 (100ms)",
    ]);
  });

  test("puts the message below a long name, so that the others have room", () => {
    const topic = `gateway ${"x".repeat(63)} (10.0.0.1)`;
    const findings = [
      { level: "ok", topic, message: "healthy" },
      { level: "warning", topic: "ip", message: "old", remedy: "upgrade" },
    ] as const;
    expect(findingsText(findings, { width: 80, colour: false }).split("\n").slice(0, 4)).toEqual([
      `ok       ${topic}`,
      `${" ".repeat(45)}healthy`,
      `warning  ip${" ".repeat(34)}old`,
      `${" ".repeat(45)}-> upgrade`,
    ]);
  });
});

describe("the remedy of a gateway that no route can help", () => {
  const remedyOf = ({ gateways, named, given }: Given, code: "own-address" | "not-unicast", ...faulty: string[]) => {
    const unusable = faulty.map((gateway) => ({ gateway, fault: { code, detail: "it is wrong" } }));
    return checkNexthops(gateways, unusable, [], textsOf(named), given);
  };

  test("is the -gateway to remove, and the message has its name", () => {
    expect(remedyOf(ALONE, "not-unicast", "10.0.0.1")).toMatchObject([
      { message: "sweden (10.0.0.1) cannot be used: it is wrong", remedy: "remove -gateway sweden=10.0.0.1" },
    ]);
    expect(remedyOf(MIXED, "own-address", "10.9.0.1", "10.9.0.2")[0]!.remedy).toBe(
      "remove -gateway lte=10.9.0.1,tier=2; and remove -gateway 10.9.0.2",
    );
  });

  test("is another range for those in the range, and the -gateway that names them goes too", () => {
    expect(remedyOf(MIXED, "not-unicast", "10.0.0.3")[0]!.remedy).toBe(
      "leave 10.0.0.3 out of -start-ip and -end-ip: -start-ip 10.0.0.1 -end-ip 10.0.0.2",
    );
    expect(remedyOf(MIXED, "not-unicast", "10.0.0.1", "10.9.0.2")[0]!.remedy).toBe(
      "leave 10.0.0.1 out of -start-ip and -end-ip: -start-ip 10.0.0.2 -end-ip 10.0.0.3; and remove -gateway sweden=10.0.0.1; and remove -gateway 10.9.0.2",
    );
  });
});

describe("plan", () => {
  test("names gateways that are not healthy or not used, and has the names in its JSON form", () => {
    const entry = { gateway: "10.0.0.1", healthy: false, detail: "timeout", leftOut: undefined, active: false };
    const gateways = [
      gatewayEntry(entry, MIXED.named[0]),
      gatewayEntry({ ...entry, gateway: "10.9.0.1", healthy: true }, MIXED.named[3]),
      gatewayEntry({ ...entry, gateway: "10.9.0.2", healthy: true, leftOut: "it is far away" }, MIXED.named[4]),
    ];
    expect(gateways.map(({ address, name }) => [address, name])).toEqual([
      ["10.0.0.1", "sweden"],
      ["10.9.0.1", "lte"],
      ["10.9.0.2", undefined],
    ]);
    expect(gateways[2]).not.toHaveProperty("name");
    const plan = { running: false, gateways, kernel: { commands: [], cleaning: [], obstacles: [] }, ddns: null };
    expect(planText(plan, 180, { width: Infinity, colour: false }).split("\n").slice(1, 4)).toEqual([
      "  sweden (10.0.0.1) is not healthy: timeout",
      "  lte (10.9.0.1) is not used: too few are healthy (-min-healthy)",
      "  10.9.0.2 is left out: it is far away",
    ]);
  });
});

describe("explain", () => {
  /** What is known of a packet to this address, while all flows go through two gateways. */
  function factsOf({ pool, gateways: all, named, given }: Given, to: string): PacketFacts {
    const nexthops = ["10.0.0.1", "10.0.0.99"].map((gateway) => ({ gateway, device: "gw0", weight: 1 }));
    const packet = { to, from: undefined, iif: "lo", protocol: 6, sport: undefined, dport: undefined, uid: 0 };
    const rules = rulesWith(OWN_RULE);
    const destinations = destinationsOf(pool, all);
    const answer = { ok: true, type: "unicast", table: "180", gateway: "10.0.0.1", device: "gw0" } as const;
    return {
      ...{ packet, table: 180, gateways: all, named, given, running: true, destinations, rules },
      classification: classify(to, destinations, []),
      steps: lookUpRules(rules, [routeTo("0.0.0.0/0", 180, { protocol: PROTOCOL, nexthops })], packet),
      answer: { ...answer, redirected: false },
      settings: { hashPolicy: "1", hashFields: undefined },
    };
  }
  const linesOf = (one: Given, to: string): string[] =>
    explanationText(factsOf(one, to), { width: Infinity, colour: false }).split("\n");

  test("names the gateway that the kernel selects, and those that share the flows", () => {
    const lines = linesOf(MIXED, "8.8.8.8");
    expect(lines).toContain("the kernel sends a packet to 8.8.8.8 via sweden (10.0.0.1) on gw0 (table 180)");
    expect(lines.find((line) => line.startsWith("sweden"))).toMatch(/^sweden \(10\.0\.0\.1\) +gw0 +50\.0 %$/);
    expect(explanationOf(factsOf(MIXED, "8.8.8.8")).shares.map(({ name }) => name)).toEqual(["sweden", undefined]);
  });

  test("names gateways that are drained, where packets go through the others", () => {
    const facts = { ...factsOf(MIXED, "8.8.8.8"), drained: ["10.9.0.1", "10.9.0.2"] };
    const lines = explanationText(facts, { width: Infinity, colour: false }).split("\n");
    expect(lines).toContain("drained, and so not used: lte (10.9.0.1), 10.9.0.2");
    expect(explanationOf(facts).drained).toEqual(["10.9.0.1", "10.9.0.2"]);
    expect(explanationOf({ ...facts, drained: [] })).not.toHaveProperty("drained");
  });

  test.each([
    [ALONE, "(not in -gateway)"],
    [MIXED, "(not in -start-ip to -end-ip or -gateway)"],
    [given(RANGE), "(not in -start-ip to -end-ip)"],
  ])("says by which flags another nexthop is not given (%#)", (pool, text) => {
    expect(linesOf(pool, "8.8.8.8").find((line) => line.startsWith("10.0.0.99"))).toContain(text);
  });

  test.each([
    [MIXED, "10.0.0.1", "-start-ip to -end-ip", "-start-ip"],
    [MIXED, "10.9.0.1", "-gateway lte=10.9.0.1,tier=2", "-gateway"],
    [ALONE, "10.0.0.1", "-gateway sweden=10.0.0.1", "-gateway"],
    [given(RANGE), "10.0.0.2", "-start-ip to -end-ip", "-start-ip"],
  ])("names the flag by which an address is a gateway (%#)", (pool, address, text, flag) => {
    expect(explanationOf(factsOf(pool, address)).because).toEqual({
      kind: "gateways",
      flag,
      why: `the gateways themselves are always excluded (${text})`,
    });
  });
});
