/** A short run of scripts/leaks. */
import { expect, setDefaultTimeout, test } from "bun:test";

import { hasNoLeak, reportText, runFaults } from "../leaks/run.ts";

setDefaultTimeout(120_000);

test("with -when-no-gateways unreachable no packet bypasses the gateways during 60 random faults", async () => {
  const report = await runFaults({ faults: 60, seed: 7 });
  console.log(reportText(report));
  expect(report).toSatisfy(hasNoLeak);
  expect(Math.min(report.routed, report.excludedSent)).toBeGreaterThan(500);
});

test("with -when-no-gateways fall-through packets bypass the gateways, so the test detects them", async () => {
  const { leaked } = await runFaults({ faults: 6, seed: 3, mode: "fall-through" });
  expect(leaked).toBeGreaterThan(0);
});
