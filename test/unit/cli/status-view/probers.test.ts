import { expect, test } from "bun:test";

import { renderStatus } from "../../../../src/cli/status-view/format.ts";
import { GATEWAYS, healthy, setUp, turned } from "../../status/model.fixture.ts";

const ICMP = "icmp 1.1.1.1, 9.9.9.9";

test("a status of probes beyond gateways has loss, the reason of the prober that fails, and targets at fault", () => {
  const { clock, record, status } = setUp({ through: "icmp:1.1.1.1,9.9.9.9" }, false);
  const detail = `${ICMP}: no answer through it`;
  const ofTwo = { gateway: GATEWAYS[1], prober: ICMP } as const;
  record(...[1, 2, 3].flatMap((one) => [healthy(one, 0.0125), turned(one, "up")]));
  record({
    ...{ type: "probe", ...ofTwo, failures: 2 },
    result: { kind: "failure", code: "timeout", seconds: 2, detail },
  });
  record({
    ...{ type: "quality", ...ofTwo, fault: undefined },
    quality: { probes: 20, answered: 15, loss: 0.25, median: 0.02, p90: 0.02 },
  });
  record({ type: "prober", ...ofTwo, status: "down" }, turned(2, "down"));
  record({ type: "target-fault", prober: ICMP, target: "9.9.9.9", code: "timeout", detail: "timeout after 2s" });
  clock.now = 12_000;
  const lines = renderStatus(status(), { width: Infinity, colour: false }).split("\n");
  expect(lines[4]).toMatch(/P95 +LOSS +FLAPS/);
  expect(lines[5]).toMatch(/12\.5 ms +- +0/);
  expect(lines[6]).toMatch(/ 25\.0 % .*icmp 1\.1\.1\.1, 9\.9\.9\.9: no answer through it$/);
  expect(lines[9]).toBe(`${ICMP}: target 9.9.9.9 is at fault itself and not counted (timeout after 2s), for 12s`);
});
