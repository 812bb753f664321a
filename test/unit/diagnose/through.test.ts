import { describe, expect, test } from "bun:test";

import { checkThrough, type ThroughFacts, type ThroughProbed, upThrough } from "../../../src/diagnose/through.ts";
import type { ProbeFailureCode, ProbeResult } from "../../../src/probe/probe.ts";
import { textsOf } from "./kernel-facts.fixture.ts";

const GATEWAYS = ["10.0.0.11", "10.0.0.12"];
const GOOD: ProbeResult = { kind: "success", seconds: 0.012, detail: "echo reply" };
const failed = (code: ProbeFailureCode, detail: string = code): ProbeResult => {
  return { kind: "failure", code, seconds: 1, detail };
};
const SILENT = failed("timeout", "timeout after 1s");

const FACTS: ThroughFacts = {
  requirementOf: () => "all",
  healthy: new Set(GATEWAYS),
  present: new Set(GATEWAYS),
  devices: new Map(GATEWAYS.map((gateway) => [gateway, "eth0"])),
  filtered: { devices: [], remedy: "sysctl" },
  mark: { value: "0xad000000", mask: "0xff000000" },
};

/** One -through; a row for each gateway, with the results of the targets in their order. */
function probed(label: string, targets: readonly string[], rows: readonly (readonly ProbeResult[])[], need = 1) {
  const answersOf = (row: readonly ProbeResult[]) => new Map(targets.map((target, index) => [target, row[index]!]));
  return { label, targets, need, answers: new Map(rows.map((row, index) => [GATEWAYS[index]!, answersOf(row)])) };
}

const check = (all: readonly ThroughProbed[], facts: Partial<ThroughFacts> = {}) =>
  checkThrough(all, { ...FACTS, ...facts });

const TARGETS = ["1.1.1.1", "9.9.9.9"];

describe("the check of targets beyond the gateways", () => {
  test("reports each -through of each gateway that answers", () => {
    const tcp = probed("tcp", ["1.1.1.1:443"], [[GOOD], [GOOD]]);
    expect(
      textsOf(
        check([
          probed("icmp", TARGETS, [
            [GOOD, GOOD],
            [GOOD, GOOD],
          ]),
          tcp,
        ]),
      ),
    ).toEqual([
      "ok through 10.0.0.11: icmp 1.1.1.1, 9.9.9.9: echo reply after 12ms",
      "ok through 10.0.0.12: icmp 1.1.1.1, 9.9.9.9: echo reply after 12ms",
      "ok through 10.0.0.11: tcp 1.1.1.1:443: echo reply after 12ms",
      "ok through 10.0.0.12: tcp 1.1.1.1:443: echo reply after 12ms",
    ]);
  });

  test("warns of a gateway without an answer while another one has answers, and is an error where none has", () => {
    const [first, second] = check([
      probed("icmp", TARGETS, [
        [SILENT, SILENT],
        [GOOD, GOOD],
      ]),
    ]);
    expect(first).toMatchObject({ level: "warning", topic: "through 10.0.0.11" });
    expect(first!.message).toStartWith(
      "icmp 1.1.1.1, 9.9.9.9: no answer through it, although the gateway itself answers",
    );
    expect(first!.remedy).toContain("iptables -t nat -A POSTROUTING -o tun0 -j MASQUERADE");
    expect(second!.level).toBe("ok");
    const all = check([
      probed("icmp", TARGETS, [
        [SILENT, SILENT],
        [SILENT, SILENT],
      ]),
    ]);
    expect(all.map(({ level }) => level)).toEqual(["error", "error"]);
    expect(all[0]!.remedy).toStartWith("this machine's own firewall must let the answers pass");
  });

  test("blames a target that fails through every gateway while others answer, and counts it no more", () => {
    const findings = check([
      probed(
        "icmp",
        TARGETS,
        [
          [GOOD, SILENT],
          [GOOD, SILENT],
        ],
        2,
      ),
    ]);
    expect(findings.map(({ level, topic }) => `${level} ${topic}`)).toEqual([
      "ok through 10.0.0.11",
      "ok through 10.0.0.12",
      "warning target 9.9.9.9",
    ]);
    expect(findings[2]!.message).toStartWith("icmp: no answer through any gateway, although other targets answer");
  });

  test("is an error where all targets of a -through are at fault, without a finding for each gateway", () => {
    const icmp = probed("icmp", TARGETS, [
      [SILENT, SILENT],
      [SILENT, SILENT],
    ]);
    const findings = check([icmp, probed("tcp", ["1.1.1.1:443"], [[GOOD], [GOOD]])]);
    expect(findings.map(({ level, topic }) => `${level} ${topic}`)).toEqual([
      "error target 1.1.1.1",
      "error target 9.9.9.9",
      "ok through 10.0.0.11",
      "ok through 10.0.0.12",
    ]);
  });

  test("does not blame a target for what this machine did not send", () => {
    const blocked = failed("blocked");
    const findings = check([
      probed(
        "icmp",
        TARGETS,
        [
          [blocked, GOOD],
          [blocked, GOOD],
        ],
        2,
      ),
    ]);
    expect(findings.map(({ level, topic }) => `${level} ${topic}`)).toEqual([
      "error through 10.0.0.11",
      "error through 10.0.0.12",
    ]);
    expect(findings[0]!.remedy).toContain("meta mark & 0xff000000 == 0xad000000 accept");
  });

  test("suspects the reverse path filter unless another gateway behind the interface has answers", () => {
    const filtered = { devices: ["eth0"], remedy: "sysctl net.ipv4.conf.eth0.rp_filter=2" };
    const silent = [SILENT, SILENT];
    const [none] = check([probed("icmp", TARGETS, [silent, silent])], { filtered });
    expect(none!.remedy).toBe(filtered.remedy);
    const [one] = check([probed("icmp", TARGETS, [silent, [GOOD, GOOD]])], { filtered });
    expect(one!.remedy).toStartWith("on the gateway:");
  });

  test("asks for the gateway itself where not even that answers", () => {
    const [first] = check(
      [
        probed("icmp", TARGETS, [
          [SILENT, SILENT],
          [GOOD, GOOD],
        ]),
      ],
      { present: new Set() },
    );
    expect(first!.remedy).toBe("first make the gateway itself answer: check that it is running at 10.0.0.11");
  });

  test.each([
    "refused",
    "unreachable",
    "status",
    "content",
    "tls",
    "unresolved",
    "exhausted",
    "reset",
    "malformed",
  ] as const)("has a remedy for the failure %s", (code) => {
    const [first] = check([probed("url", ["http://a/"], [[failed(code)], [GOOD]])]);
    expect(first).toMatchObject({ level: "warning", topic: "through 10.0.0.11" });
    expect(first!.remedy).not.toBe("");
  });

  test("names -through-text where an answer does not hold it, through one gateway or through all", () => {
    const content = failed("content", "status 200 without the expected text");
    const [one] = check([probed("url", ["http://a/"], [[content], [GOOD]])]);
    expect(one!.message).toBe("url http://a/: status 200 without the expected text");
    expect(one!.remedy).toStartWith("check -through-text, and what the URL answers");
    const [all] = check([
      probed("url", ["http://a/"], [[content], [content]]),
      probed("icmp", ["1.1.1.1"], [[GOOD], [GOOD]]),
    ]);
    expect(all).toMatchObject({ topic: "target http://a/", level: "error" });
    expect(all!.remedy).toStartWith("check -through-text, or choose another target");
  });
});

describe("where any prober is enough", () => {
  const any = { requirementOf: () => "any" as const, healthy: new Set<string>() };
  const silent = probed("icmp", TARGETS, [
    [SILENT, SILENT],
    [SILENT, SILENT],
  ]);
  const half = probed("tcp", ["1.1.1.1:443"], [[GOOD], [SILENT]]);
  const levels = (all: readonly ThroughProbed[], facts: Partial<ThroughFacts>) =>
    check(all, facts).map(({ level, topic }) => `${level} ${topic}`);

  test("no answer through any gateway is a warning while an endpoint answers, and else an error", () => {
    const both = (level: string) => GATEWAYS.map((gateway) => `${level} through ${gateway}`);
    expect(levels([silent], { ...any, healthy: new Set(GATEWAYS.slice(1)) })).toEqual(both("warning"));
    expect(levels([silent], any)).toEqual(both("error"));
    expect(levels([silent], {})).toEqual(both("error"));
  });

  test("a -through all of whose targets are at fault is a warning while another one succeeds", () => {
    const targets = ["warning target 1.1.1.1", "warning target 9.9.9.9"];
    const ofHalf = ["ok through 10.0.0.11", "warning through 10.0.0.12"];
    expect(levels([silent, half], any)).toEqual([...targets, ...ofHalf]);
  });

  test("the gateways that a -through finds up are those through which enough of its targets answer", () => {
    expect(upThrough([silent])).toEqual(new Set());
    expect(upThrough([silent, half])).toEqual(new Set(["10.0.0.11"]));
    const two = probed("icmp", TARGETS, [
      [GOOD, SILENT],
      [GOOD, GOOD],
    ]);
    expect(upThrough([{ ...two, need: 2 }])).toEqual(new Set(["10.0.0.12"]));
  });
});
