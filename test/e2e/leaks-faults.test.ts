/** A short run of scripts/leaks. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { hasNoLeak, reportText, runFaults } from "../leaks/run.ts";

setDefaultTimeout(120_000);

test.each([
  ["over a nexthop", false],
  ["over an interface alone", true],
])(
  "with -when-no-gateways unreachable and a default route %s no packet bypasses the gateways during 25 random faults",
  async (_, deviceDefault) => {
    const report = await runFaults({ faults: 25, seed: 7, deviceDefault });
    console.log(reportText(report));
    expect(report).toSatisfy(hasNoLeak);
    expect(Math.min(report.routed, report.excludedSent)).toBeGreaterThan(500);
  },
);

test("with -when-no-gateways unreachable no packet and no probe bypasses the gateways during 25 random faults", async () => {
  const report = await runFaults({ faults: 25, seed: 7, through: true });
  console.log(reportText(report));
  expect(report).toSatisfy(hasNoLeak);
  expect(Math.min(report.routed, report.probes)).toBeGreaterThan(30);
});

test.each([
  ["routed", false],
  ["routed", true],
  ["blocked", false],
] as const)(
  "no packet of either family bypasses the gateways during 25 random faults where IPv6 is %s (default route over an interface alone: %p)",
  async (ipv6, deviceDefault) => {
    const report = await runFaults({ faults: 25, seed: 7, ipv6, deviceDefault });
    console.log(reportText(report));
    expect(report).toSatisfy(hasNoLeak);
    expect(report.ofIpv6.sent).toBeGreaterThan(1000);
    if (ipv6 === "routed") expect(report.ofIpv6.routed).toBeGreaterThan(300);
    else expect(report.ofIpv6.routed).toBe(0);
  },
);

test("with -when-no-gateways fall-through packets bypass the gateways, so the test detects them", async () => {
  const { leaked } = await runFaults({ faults: 6, seed: 3, mode: "fall-through" });
  expect(leaked).toBeGreaterThan(0);
});
