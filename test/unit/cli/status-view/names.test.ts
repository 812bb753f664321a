import { describe, expect, test } from "bun:test";

import { renderStatus } from "../../../../src/cli/status-view/format.ts";
import { observed, route, setUp, turned } from "../../status/model.fixture.ts";

const LONG = "a-gateway-with-quite-a-long-name";

/** The lines of a status of gateways in three networks, of which some have names. */
function linesOf(width = Infinity): string[] {
  const { record, status } = setUp({ gateway: `sweden=10.0.0.2 ${LONG}=192.168.9.1` }, false);
  record(turned(1, "up"), turned(2, "up"), turned(3, "down"));
  const nexthops = ["10.0.0.1", "10.0.0.2", "192.168.9.1"].map((gateway) => ({ gateway, weight: 1, device: "gw0" }));
  record(observed([route(nexthops)]));
  return renderStatus(status(), { width, colour: false }).split("\n");
}

describe("names of gateways", () => {
  test("have a column before the addresses, cut where they are long", () => {
    expect(linesOf().slice(4, 9)).toEqual([
      "NAME                  GATEWAY      STATE    SINCE   SHARE  P50  P95  FLAPS",
      "                      10.0.0.1     up          0s  33.3 %    -    -      0",
      "sweden                10.0.0.2     up          0s  33.3 %    -    -      0",
      "                      10.0.0.3     down        0s       -    -    -      0",
      "a-gateway-with-quit…  192.168.9.1  unknown     0s  33.3 %    -    -      0",
    ]);
  });

  test("are in the routes, whole", () => {
    expect(linesOf().find((line) => line.includes("dev gw0"))).toBe(
      `    10.0.0.1 dev gw0 weight 1, sweden (10.0.0.2) dev gw0 weight 1, ${LONG} (192.168.9.1) dev gw0 weight 1`,
    );
  });

  test.each([60, 80, 100])("leave no line longer than %d characters", (width) => {
    for (const line of linesOf(width)) expect(line.length).toBeLessThanOrEqual(width);
  });
});
