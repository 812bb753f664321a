import { describe, expect, test } from "bun:test";

import type { Status } from "../../../../src/status/schema.ts";
import { renderStatus } from "../../../../src/cli/status-view/format.ts";
import { ALL_DIVERTED, SOME_DIVERTED } from "../../../fixtures/diversions.ts";
import { failed, GATEWAYS, healthy, observed, route, setUp, turned } from "../../status/model.fixture.ts";

/** A service with failures, a down gateway and a failed update of its DNS records. */
function eventful(): Status {
  const { clock, record, status } = setUp();
  record(...[1, 2, 3].flatMap((one) => [healthy(one, 0.0125), turned(one, "up")]));
  record({ type: "public-ip-state", gateway: GATEWAYS[0], state: "known" });
  record({ type: "public-ip-changed", gateway: GATEWAYS[0], from: undefined, to: "1.0.0.1" });
  clock.now = 3_600_000;
  record(failed(2, "timeout after 1s"), turned(2, "down"), failed(3, "status 503"), healthy(3, 2));
  record(observed([route([1, 3].map((one) => ({ gateway: GATEWAYS[one - 1]!, weight: one, device: "gw0" })))]));
  record({ type: "ddns-verified", addresses: ["1.0.0.1", "1.0.0.3"], retained: [] });
  record({ type: "ddns-desired", addresses: ["1.0.0.1"], delayMs: 0 });
  record({ type: "ddns-trouble", kind: "passing", detail: "status 502", waitMs: 30_000 });
  record({ type: "ddns-scheduled", waitMs: 30_000 });
  clock.now += 12_000;
  return status();
}

const wide = { width: Infinity, colour: false };

test("a status is rendered as tables and lines", () => {
  expect(renderStatus(eventful(), wide)).toBe(`degraded: 2 of 3 gateways are up
traffic is spread over 2 gateways, kill switch off
gateway-route-manager 1.2.3, running for 1h 0m

GATEWAY   STATE  SINCE   SHARE      P50      P95        FLAPS  PUBLIC ADDRESS  REASON
10.0.0.1  up     1h 0m  25.0 %  12.5 ms  12.5 ms            0  1.0.0.1
10.0.0.2  down     12s       -  12.5 ms  12.5 ms  1 (1 in 1h)  -               timeout after 1s
10.0.0.3  up     1h 0m  75.0 %  12.5 ms   2.00 s            0  -               status 503, 12s ago

routes in table 180, rule 10888, read 12s ago
right
  0.0.0.0/0
    10.0.0.1 dev gw0 weight 1, 10.0.0.3 dev gw0 weight 3

DNS name gw.example.net at DynuDNS
the last read or update failed
  status 502, 12s ago; next try in 18s
  last correct 12s ago: 1.0.0.1, 1.0.0.3
  should resolve to: 1.0.0.1
`);
});

test("a gateway in a flap hold and a gateway kept in use while down have their own states and reasons", () => {
  const { record, status } = setUp({}, false);
  record(turned(1, "up"), turned(2, "up"), failed(3, "timeout after 1s"), turned(3, "down"));
  record(failed(1, "status 503"), turned(1, "down"));
  record({ type: "held", gateway: GATEWAYS[0], waitMs: 20_000, losses: 3 });
  record({ type: "held", gateway: GATEWAYS[1], waitMs: 3_599_600, losses: 2 });
  record({ type: "selection", held: [GATEWAYS[1]], kept: [GATEWAYS[2]], shortage: undefined });
  const rows = renderStatus(status(), wide)
    .split("\n")
    .filter((line) => line.startsWith("10."))
    .map((line) => line.split(/ {2,}/));
  expect(rows.map((row) => [row[1], row.at(-1)])).toEqual([
    ["down", "status 503; flap hold for 20s more: went down 3 times in a short time"],
    ["flap hold", "flap hold for 1h 0m more: went down 2 times in a short time"],
    ["down", "used although down (-min-healthy): timeout after 1s"],
  ]);
});

describe("the display", () => {
  test.each([20, 40, 60, 80, 100, 130])("no line is longer than %d characters", (width) => {
    const lines = renderStatus(eventful(), { width, colour: false }).split("\n");
    // What has to stay: address, state and share.
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(Math.max(width, 25));
  });

  test("colours do not change the text", () => {
    const coloured = renderStatus(eventful(), { width: 80, colour: true });
    expect(coloured).toContain("\x1b[33mdegraded");
    expect(Bun.stripANSI(coloured)).toBe(renderStatus(eventful(), { width: 80, colour: false }));
  });

  test("control characters from outside are escaped", () => {
    const { record, status } = setUp();
    record(failed(1, "\x1b[2Jgone\x07"), turned(1, "down"));
    const fault = { code: "rejected", detail: "\x1b]0;title\x07" } as const;
    record({ type: "unusable", gateways: [GATEWAYS[1]], fault, count: 1 });
    const text = renderStatus(status(), wide);
    expect(text).toContain("\\u001b[2Jgone");
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
  });
});

test("without DDNS there is no DNS name and no public address", () => {
  const text = renderStatus(setUp({}, false).status(), wide);
  expect(text).not.toContain("DNS");
  expect(text).not.toContain("PUBLIC");
});

test("a reject route is marked as standby while gateways are in use", () => {
  const { record, status } = setUp({ "when-no-gateways": "prohibit" }, false);
  const end = route([], { type: "prohibit", metric: 4294967295 });
  record(observed([route([{ gateway: GATEWAYS[0], weight: 1, device: "gw0" }]), end]));
  expect(renderStatus(status(), wide)).toEndWith(
    "  0.0.0.0/0\n    10.0.0.1 dev gw0 weight 1\n  0.0.0.0/0\n    prohibit, used if all gateways fail\n",
  );
  record(observed([end]));
  expect(renderStatus(status(), wide)).toEndWith("  0.0.0.0/0\n    prohibit\n");
});

test("routes with the same nexthops are grouped", () => {
  const { record, status } = setUp();
  const ways = [{ gateway: GATEWAYS[0], weight: 1, device: "gw0" }];
  const at = (value: number) =>
    ({ destination: { address: { family: 4, bits: value * 2 ** 24 }, prefix: 8 } }) as object;
  record(observed([route(ways, at(1)), route(ways, at(8)), route([], { type: "unreachable", ...at(9) })]));
  expect(renderStatus(status(), wide)).toContain(
    "  1.0.0.0/8, 8.0.0.0/8\n    10.0.0.1 dev gw0 weight 1\n  9.0.0.0/8\n    unreachable\n",
  );
});

test("rules of other programs before ours are lines of the routes", () => {
  const { record, status } = setUp({}, false);
  record(observed([route([{ gateway: GATEWAYS[0], weight: 1 }])]));
  record({ type: "preceded", diversions: [ALL_DIVERTED, SOME_DIVERTED] });
  const text = renderStatus(status(), wide);
  expect(text).toStartWith(
    "down: no gateway carries traffic: 10887: not from all fwmark 0xca6c lookup 51820: no packet",
  );
  expect(text).toContain(`
right
before ours, 10887: not from all fwmark 0xca6c lookup 51820: no packet reaches the gateways, since table 51820 has a route for each
before ours, 5270: from all lookup 52: no packet to 44.0.0.0/16, 44.1.0.0/16, 44.2.0.0/16, ... reaches the gateways, since table 52 has a route there
  0.0.0.0/0
`);
});
