import { expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import { createDraftsFor } from "../../../src/hooks/hooks.ts";
import { dnsName } from "../../fixtures/dns-names.ts";
import { configOf } from "../config/file/file.fixture.ts";

const [ONE, OTHER] = ["gw.example.net", "sweden.example.net"] as const;

const poolsWith = (...hostnames: readonly string[]) => {
  const [pool] = configOf('[[gateway]]\naddress = "10.0.0.1"\n').pools;
  return [{ ...pool, dnsNames: hostnames.map((one) => dnsName(one)) }] as const;
};

const failing = (hostname: string): ServiceEvent =>
  ({
    ...{ type: "ddns-trouble", kind: "access", detail: "HTTP 401", waitMs: 1, dnsName: `${hostname} dynudns` },
  }) as ServiceEvent;
const turned = (status: "up" | "down"): ServiceEvent => ({
  ...{ type: "gateway", gateway: "10.0.0.1", before: status === "up" ? "down" : "up", status, detail: "timeout" },
  ...{ up: status === "up" ? 1 : 0, down: status === "up" ? 0 : 1, total: 1 },
});

test("a name that a reload adds or removes makes no other name or gateway be reported again, or forgotten", () => {
  const draftsFor = createDraftsFor();
  const before = draftsFor(poolsWith(ONE));
  before(failing(ONE));
  before(turned("down"));

  const during = draftsFor(poolsWith(ONE, OTHER));
  const eventsOf = (drafts: typeof during, ...events: readonly ServiceEvent[]) =>
    events.flatMap(drafts).map(({ event, hostname = "" }) => `${event} ${hostname}`.trim());
  expect(eventsOf(during, failing(ONE), failing(OTHER))).toEqual([`ddns-failing ${OTHER}`]);
  expect(eventsOf(during, turned("up"))).toEqual(["gateway-up", "any-up"]);

  const after = draftsFor(poolsWith(ONE));
  const verified = { type: "ddns-verified", addresses: [], retained: [], dnsName: `${ONE} dynudns` } as ServiceEvent;
  expect(eventsOf(after, failing(OTHER), verified)).toEqual([`ddns-mended ${ONE}`]);
});
