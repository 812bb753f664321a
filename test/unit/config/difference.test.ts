import { describe, expect, test } from "bun:test";

import { differenceOf, isNothing, keepPlaces, reloadable, textOf } from "../../../src/config/difference.ts";
import { placedGateways } from "../../../src/config/model.ts";
import { configOf } from "./file/file.fixture.ts";

const FILE = `[service]
metrics-port = 9090
[probe.health]
type = "http"
period = "1s"
timeout = "1s"
[probe.beyond]
type = "tcp"
targets = ["1.1.1.1:443"]
[[gateway]]
name = "sweden"
address = "10.0.0.1"
[[gateway]]
name = "norway"
address = "10.0.0.2"
[[pool]]
name = "vpn"
from = ["10.78.0.0/24"]
members = ["sweden"]
[[pool]]
name = "rest"
members = ["norway"]
`;

const NONE = { added: [], removed: [], changed: [] };
const NOTHING = { fixed: [], service: [], gateways: NONE, probes: NONE, pools: NONE, tables: [] };
const after = (from: string, to: string) => differenceOf(configOf(FILE), configOf(FILE.replace(from, to)));

describe("the difference of two configurations", () => {
  test("is nothing for the same file, and for one with other comments and another order of keys", () => {
    for (const text of [
      FILE,
      `# new\n${FILE}`,
      FILE.replace('period = "1s"\ntimeout = "1s"', 'timeout = "1s"\nperiod = "1s"'),
    ]) {
      const difference = differenceOf(configOf(FILE), configOf(text));
      expect(difference).toEqual(NOTHING);
      expect(isNothing(difference)).toBe(true);
    }
  });

  test.each([
    ["metrics-port = 9090", "metrics-port = 9191", { fixed: ["metrics-port"] }],
    ["metrics-port = 9090", 'on-exit = "keep"', { service: ["on-exit"] }],
    [
      "metrics-port = 9090", // a reload leaves the pools where they are
      "first-rule-preference = 12000",
      { fixed: ["first-rule-preference"], pools: { ...NONE, changed: ["vpn", "rest"] } },
    ],
    ["metrics-port = 9090", "probe-rule-preference = 500", { fixed: ["probe-rule-preference"] }],
    ['period = "1s"', 'period = "2s"', { probes: { ...NONE, changed: ["health"] } }],
    ["1.1.1.1:443", "9.9.9.9:443", { probes: { ...NONE, changed: ["beyond"] } }],
    ['"10.0.0.1"', '"10.0.0.1"\ndrained = true', { gateways: { ...NONE, changed: ["10.0.0.1"] } }],
    ['members = ["norway"]', 'members = ["sweden"]', { pools: { ...NONE, changed: ["rest"] } }],
    [
      'members = ["norway"]',
      'members = [{ gateway = "norway", weight = 2 }]',
      { pools: { ...NONE, changed: ["rest"] } },
    ],
    ['name = "vpn"', 'name = "tunnels"', { pools: { added: ["tunnels"], removed: ["vpn"], changed: [] } }],
    ["[[pool]]", '[exit-check]\nservices = ["https://e.example/"]\n[[pool]]', { tables: ["[exit-check]"] }],
    ["[[pool]]", "[public-ip]\nallow-private = true\n[[pool]]", { tables: ["[public-ip]"] }],
  ])("names %j that becomes %j", (from, to, changes) => {
    expect(after(from, to)).toEqual({ ...NOTHING, ...changes });
  });

  test("names DNS names by their host names and providers, besides the pool that has them", () => {
    const name = (provider: string, more = ""): string =>
      `[[ddns]]\nprovider = "${provider}"\nhostname = "gw.example"\npassword-file = "/key"\n${more}\n`;
    const withNames = (...names: readonly string[]) =>
      configOf(`[[gateway]]\naddress = "10.0.0.1"\n${names.join("")}`, { secrets: { "/key": "hunter2" } });
    const [dynu, desec, cloudflare] = ["dynudns", "desec", "cloudflare"].map((one) => name(one)) as [
      string,
      string,
      string,
    ];
    const changed = name("dynudns", 'record-ttl = "120s"');
    const upper = withNames(dynu.replace("gw.example", "GW.Example"));
    expect(differenceOf(withNames(dynu), upper).dnsNames).toEqual({ ...NONE, changed: ["gw.example at dynudns"] });
    expect(differenceOf(withNames(dynu, desec), withNames(changed, cloudflare))).toEqual({
      ...{ ...NOTHING, pools: { ...NONE, changed: [""] } },
      dnsNames: {
        added: ["gw.example at cloudflare"],
        removed: ["gw.example at desec"],
        changed: ["gw.example at dynudns"],
      },
    });
    expect(differenceOf(withNames(dynu, desec), withNames(dynu, desec))).toEqual(NOTHING);
  });

  test("does not depend on the places of gateways", () => {
    const config = configOf(FILE);
    const placed = { ...config, gateways: keepPlaces([], config.gateways) };
    expect(differenceOf(config, placed)).toEqual(NOTHING);
  });
});

test("a running service keeps settings that cannot change, and takes the others", () => {
  const running = configOf(FILE);
  const wanted = configOf(
    FILE.replace("metrics-port = 9090", 'metrics-port = 1\non-exit = "keep"\nprobe-mark = 0x7d000000'),
  );
  const { service, probePlaces } = reloadable(running, wanted);
  expect([service.metricsPort, service.onExit, probePlaces.mark]).toEqual([9090, "keep", running.probePlaces.mark]);
});

describe("gateways", () => {
  const gateway = (address: string, place?: number) => ({
    ...{ address, probes: ["http"] as [string], requirement: "all" as const },
    ...(place !== undefined && { place }),
  });
  const placesOf = (running: readonly ReturnType<typeof gateway>[], ...wanted: readonly string[]) =>
    keepPlaces(
      running,
      wanted.map((one) => gateway(one)),
    ).map(({ address, place }) => `${address} ${place}`);

  test("that run keep their places, also where others before them go", () => {
    expect(placesOf([gateway("a"), gateway("b"), gateway("c")], "c", "b")).toEqual(["c 2", "b 1"]);
  });

  test("that are new get places that no running one has, and after all of these a place that becomes free", () => {
    expect(placesOf([gateway("a"), gateway("b")], "b", "c")).toEqual(["b 1", "c 2"]);
    const all = Array.from({ length: 254 }, (_, index) => gateway(`g${index}`));
    const names = all.map(({ address }) => address).with(7, "new");
    expect(placesOf(all, ...names)[7]).toBe("new 7");
  });

  test("stand at their places, between free ones", () => {
    expect(placedGateways({ gateways: [gateway("a", 2), gateway("b", 0)] })).toEqual(["b", undefined, "a"]);
    expect(placedGateways({ gateways: [] })).toEqual([]);
  });
});

test("texts of settings are the same whatever the order of keys, and tell maps and lists apart", () => {
  expect(textOf({ a: 1, b: undefined, c: [1, { e: 1, d: 2 }] })).toBe(textOf({ c: [1, { d: 2, e: 1 }], a: 1 }));
  expect(textOf(new Map([["a", 1]]))).not.toBe(textOf(new Map([["a", 2]])));
  expect(textOf(undefined)).toBe(textOf(undefined));
});
