import { expect, test } from "bun:test";

import { openApi } from "../../../src/http/openapi.ts";
import { GATEWAYS, setUp } from "../status/model.fixture.ts";
import { schemaChecks } from "./schema-checks.ts";

test("a status with probes beyond gateways is as the description says", () => {
  const { checkStatus } = schemaChecks(openApi({ version: "1.2.3", protected: false }));
  const { record, status } = setUp({ through: "icmp:1.1.1.1,9.9.9.9" });
  const prober = "icmp 1.1.1.1, 9.9.9.9";
  expect(checkStatus(status())).toEqual([]);
  record({
    ...{ type: "probe", gateway: GATEWAYS[0], prober, failures: 1 },
    result: { kind: "failure", code: "timeout", seconds: 2, detail: `${prober}: no answer through it` },
  });
  record({ type: "prober", gateway: GATEWAYS[0], prober, status: "down" });
  const quality = { probes: 2, answered: 0, loss: 1, median: undefined, p90: undefined };
  record({ type: "quality", gateway: GATEWAYS[0], prober, quality, fault: undefined });
  record({ type: "target-fault", prober, target: "9.9.9.9", code: "timeout", detail: "timeout after 2s" });
  expect(checkStatus(status())).toEqual([]);
  expect(status().targetsAtFault).toHaveLength(1);
});
