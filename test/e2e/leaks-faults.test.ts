/** A short run of scripts/leaks. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { isAsPromised, reportText, runFaults } from "../leaks/run.ts";

setDefaultTimeout(120_000);

test("no packet leaks, and excluded ones get through, whatever befalls the router", async () => {
  const report = await runFaults({ faults: 60, seed: 7 });
  console.log(reportText(report));
  expect(report).toSatisfy(isAsPromised);
  expect(Math.min(report.routed, report.excludedSent)).toBeGreaterThan(500);
});

test("without -when-no-gateways the same packets do leak, so they would be seen", async () => {
  const { leaked } = await runFaults({ faults: 6, seed: 3, mode: "fall-through" });
  expect(leaked).toBeGreaterThan(0);
});
