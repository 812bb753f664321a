import { expect, test } from "bun:test";

import { usableReport } from "../../../src/status/usable.ts";
import { ALL_DIVERTED } from "../../fixtures/diversions.ts";

const pool = (name: string | undefined, usable: number) => ({ name, gateways: 3, usable });

test.each([
  [[pool(undefined, 3)], 1, true, "3 of 3 gateways are usable"],
  [[pool(undefined, 1)], 1, true, "1 of 3 gateways is usable"],
  [[pool(undefined, 0)], 1, false, "no gateway is usable"],
  [[pool(undefined, 1)], 2, false, "1 of 3 gateways is usable, fewer than 2"],
  [
    [pool("vpn", 2), pool("lte", 1)],
    1,
    true,
    "pool vpn: 2 of 3 gateways are usable, pool lte: 1 of 3 gateways is usable",
  ],
  [[pool("vpn", 2), pool("lte", 0)], 1, false, "pool lte: no gateway is usable"],
  [["a", "b", "c", "d", "e"].map((name) => pool(name, 0)), 1, false, /^pool a: .*pool c: .* and 2 more$/],
] as const)("of %j with %p at least: %p, %s", (pools, least, ok, why) => {
  const report = usableReport(pools, least);
  expect(report.ok).toBe(ok);
  if (typeof why === "string") expect(report.why).toBe(why);
  else expect(report.why).toMatch(why);
});

test("what keeps all packets from the gateways is the reason where none is usable", () => {
  const { why } = usableReport([{ ...pool(undefined, 0), diversion: ALL_DIVERTED }]);
  expect(why).toStartWith("no gateway is usable: ");
  expect(usableReport([{ ...pool(undefined, 2), diversion: ALL_DIVERTED }]).why).toBe("2 of 3 gateways are usable");
});
