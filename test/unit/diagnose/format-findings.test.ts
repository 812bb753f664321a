import { describe, expect, test } from "bun:test";

import { acrossFamilies, failure, fine, type Level, verdict, warning } from "../../../src/diagnose/finding.ts";
import { checkPort, type PortFacts } from "../../../src/diagnose/port.ts";
import { findingsJson, findingsText } from "../../../src/diagnose/format-findings.ts";
import { checkSession } from "../../../src/diagnose/session.ts";
import { wantedRoutes } from "./kernel-facts.fixture.ts";

const FINDINGS = [
  fine("ip", "iproute2 6.1.0"),
  warning("hash policy", "it is\u001b[2J 0", "set it to 1"),
  failure("port", "in use", "choose another one"),
];
const PLAIN = { width: Infinity, colour: false };

describe("the report", () => {
  test("has a line for each finding, its remedy below, and a summary", () => {
    expect(findingsText(FINDINGS, PLAIN)).toBe(
      [
        "ok       ip           iproute2 6.1.0",
        "warning  hash policy  it is\\u001b[2J 0",
        "                      -> set it to 1",
        "error    port         in use",
        "                      -> choose another one",
        "",
        "1 error, 1 warning",
        "",
      ].join("\n"),
    );
    expect(findingsText(FINDINGS.slice(0, 1), PLAIN)).toEndWith("\n\nall is well\n");
  });

  test("fits a narrow terminal, and has colours where they are wanted", () => {
    const long = [
      warning("ip", "a long line of words that has to be broken somewhere", "and so does its remedy, for sure"),
    ];
    const lines = findingsText(long, { width: 50, colour: false }).split("\n");
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(50);
    expect(lines.join(" ").replaceAll(/\s+/g, " ")).toContain("a long line of words that has to be broken somewhere");
    const coloured = findingsText(FINDINGS, { width: 80, colour: true });
    for (const code of [32, 33, 31]) expect(coloured).toContain(`\u001b[${code}m`);
  });

  test("names the family of a finding where there are two", () => {
    const findings = acrossFamilies([
      { family: 4, findings: [fine("table 180", "free"), fine("hash policy", "by ports")] },
      { family: 6, findings: [fine("table 180", "free"), warning("hash policy", "it is 0", "set it to 1")] },
    ]);
    expect(findingsText(findings, PLAIN).split("\n").slice(0, 4)).toEqual([
      "ok       table 180           free",
      "ok       hash policy (IPv4)  by ports",
      "warning  hash policy (IPv6)  it is 0",
      "                             -> set it to 1",
    ]);
    expect(acrossFamilies([{ family: 6, findings: FINDINGS }])).toEqual(FINDINGS);
  });

  test("is JSON for programs", () => {
    expect(JSON.parse(findingsJson(FINDINGS))).toEqual({ verdict: "error", findings: FINDINGS });
  });

  test("has the most severe level as verdict", () => {
    expect([FINDINGS, FINDINGS.slice(0, 2), FINDINGS.slice(0, 1), []].map(verdict)).toEqual([
      "error",
      "warning",
      "ok",
      "ok",
    ]);
  });
});

describe("the metrics port", () => {
  const facts: PortFacts = { where: "port 9090", errorCode: undefined, health: undefined, running: false };
  const inUse: PortFacts = { ...facts, errorCode: "EADDRINUSE" };

  test.each([
    ["free", facts, "ok", /free/],
    [
      "that of the running instance",
      { ...inUse, running: true, health: { code: "ours-not-ok", detail: "not ok: it hangs" } },
      "ok",
      /running instance, which says "not ok: it hangs"/,
    ],
    [
      "that of another instance",
      { ...inUse, health: { code: "ours-ok", detail: "ok: fine" } },
      "error",
      /another table/,
    ],
    [
      "another program's, whatever that says",
      { ...inUse, running: true, health: { code: "other-program", detail: "ok: fine" } },
      "error",
      /another program/,
    ],
    [
      "another program's, even one without an answer",
      { ...inUse, running: true, health: { code: "no-answer", detail: "timeout" } },
      "error",
      /another program/,
    ],
    ["not on this machine", { ...facts, errorCode: "EADDRNOTAVAIL" }, "error", /EADDRNOTAVAIL/],
  ] satisfies [string, PortFacts, Level, RegExp][])("is %s", (_, given, level, message) => {
    const finding = checkPort(given);
    expect(finding.level).toBe(level);
    expect(finding.message).toMatch(message);
  });
});

describe("an SSH session", () => {
  test.each([
    ["1.2.3.4", 1],
    ["10.66.0.2", 0],
    ["2001:db8::1", 0],
    [undefined, 0],
  ])("from %p has %d findings", (client, count) => {
    const findings = checkSession(client, wantedRoutes());
    expect(findings).toHaveLength(count);
    if (count > 0) expect(findings[0]!.remedy).toBe(`-exclude-cidr ${client}/32`);
  });
});
