import { describe, expect, test } from "bun:test";

import { formatCidr, parseCidr } from "../../../src/net/cidr.ts";
import {
  answerEntries,
  isRejected,
  rejectedAmong,
  type TargetUse,
  type UsableGateway,
} from "../../../src/routing/probe-answers.ts";
import { desiredState } from "../../../src/routing/desired.ts";
import { ALL_PACKETS, type Selectors } from "../../../src/routing/selectors.ts";
import { cidrs, TABLE_REF } from "./plan.fixture.ts";
import { linkOf } from "./probes.fixture.ts";

const PLACE = { preference: 103, table: 18255 };
const TARGETS = cidrs("1.1.1.1/32", "9.9.9.9/32");
const usable = (gateway: string, device: string): UsableGateway => ({ gateway, device });

function sourcesOf(gateways: UsableGateway[], ...links: ReturnType<typeof linkOf>[]): string[] {
  const { rules } = answerEntries(PLACE, gateways, links, { targets: TARGETS, exitServices: [] });
  expect(rules.map(({ to }) => formatCidr(to))).toEqual(rules.map((_, index) => formatCidr(TARGETS[index % 2]!)));
  return rules.filter((_, index) => index % 2 === 0).map(({ from }) => formatCidr(from));
}

describe("entries for answers to probes", () => {
  test("are a rule for each own address and target, and a route over each interface", () => {
    const gateways = [usable("10.0.0.11", "eth0"), usable("10.0.0.12", "eth0"), usable("10.1.0.11", "eth1")];
    const links = [linkOf("eth0", "10.0.0.1/24"), linkOf("eth1", "10.1.0.1/24"), linkOf("wan0", "192.0.2.9/24")];
    expect(sourcesOf(gateways, ...links)).toEqual(["10.0.0.1/32", "10.1.0.1/32"]);
    const { routes } = answerEntries(PLACE, gateways, links, { targets: TARGETS, exitServices: [] });
    expect(routes).toMatchObject([{ table: 18255, type: "unicast", metric: 0 }]);
    expect(routes[0]!.nexthops).toEqual([
      { gateway: "10.0.0.11", weight: 1, device: "eth0" },
      { gateway: "10.1.0.11", weight: 1, device: "eth1" },
    ]);
  });

  test("have the addresses from which the kernel sends to a gateway", () => {
    const near = linkOf("eth0", "192.168.1.1/24", "10.0.0.1/24", "10.0.0.2/24");
    expect(sourcesOf([usable("10.0.0.11", "eth0")], near)).toEqual(["10.0.0.1/32", "10.0.0.2/32"]);
    expect(sourcesOf([usable("10.9.0.11", "eth0")], linkOf("eth0", "10.0.0.1/24"))).toEqual(["10.0.0.1/32"]);
    expect(sourcesOf([usable("10.9.0.11", "m0")], linkOf("m0"), linkOf("eth0", "10.0.0.1/24"))).toEqual([
      "10.0.0.1/32",
    ]);
  });

  test("of what is asked past all gateways as well come in at the addresses of other interfaces too", () => {
    const links = [linkOf("lo", "127.0.0.1/8"), linkOf("eth0", "10.0.0.1/24"), linkOf("wan0", "192.0.2.9/24")];
    const { rules } = answerEntries(PLACE, [usable("10.0.0.11", "eth0")], links, {
      targets: TARGETS,
      exitServices: TARGETS.slice(1),
    });
    expect(rules.map(({ from, to }) => `${formatCidr(from)} ${formatCidr(to)}`)).toEqual([
      "10.0.0.1/32 1.1.1.1/32",
      "10.0.0.1/32 9.9.9.9/32",
      "192.0.2.9/32 9.9.9.9/32",
    ]);
  });

  test("are only for those sources and targets between which packets are rejected", () => {
    const links = [linkOf("eth0", "10.0.0.1/24"), linkOf("eth1", "10.1.0.1/24"), linkOf("wan0", "192.0.2.9/24")];
    const gateways = [usable("10.0.0.11", "eth0"), usable("10.1.0.11", "eth1")];
    const entriesFor = (...rejected: string[]) =>
      answerEntries(PLACE, gateways, links, {
        ...{ targets: TARGETS, exitServices: TARGETS },
        isRejected: (...pair) => rejected.includes(pair.map(formatCidr).join(" ")),
      });
    const some = ["10.1.0.1/32 9.9.9.9/32", "192.0.2.9/32 1.1.1.1/32"];
    expect(entriesFor(...some).rules.map(({ from, to }) => `${formatCidr(from)} ${formatCidr(to)}`)).toEqual(some);
    expect(entriesFor()).toEqual({ rules: [], routes: [] });
  });

  test("are none without a target or a usable gateway", () => {
    const links = [linkOf("eth0", "10.0.0.1/24")];
    expect(answerEntries(PLACE, [], links, { targets: TARGETS, exitServices: TARGETS })).toEqual({
      rules: [],
      routes: [],
    });
    expect(answerEntries(PLACE, [usable("10.0.0.11", "eth0")], links, { targets: [], exitServices: [] })).toEqual({
      rules: [],
      routes: [],
    });
  });
});

describe("packets of this machine to targets are rejected", () => {
  const [SOURCE, OTHER] = cidrs("10.0.0.1/32", "10.78.0.1/32");
  const use = (preference: number, does: "rejected" | "routed" | "passed", selectors: Partial<Selectors> = {}) => ({
    ...{ preference, selectors: { ...ALL_PACKETS, ...selectors }, rejected: [], routed: [] },
    [does]: TARGETS,
  });
  const isOf = (...uses: TargetUse[]) => isRejected(uses, SOURCE!, TARGETS[0]!);

  test("by a pool for their source alone", () => {
    const ofOther = use(1, "rejected", { from: cidrs("10.78.0.0/24") });
    expect(isOf(ofOther)).toBe(false);
    expect(isRejected([ofOther], OTHER!, TARGETS[0]!)).toBe(true);
    expect(isOf(use(1, "rejected", { from: cidrs("10.0.0.0/24") }))).toBe(true);
  });

  test("by the first pool for them that does not pass them on", () => {
    expect(isOf(use(2, "rejected"), use(1, "routed"))).toBe(false);
    expect(isOf(use(2, "routed"), use(1, "rejected"))).toBe(true);
    expect(isOf(use(2, "rejected"), use(1, "passed"))).toBe(true);
    expect(isOf(use(2, "rejected"), use(1, "routed", { in: ["lan0"] }))).toBe(true);
    expect(isOf()).toBe(false);
  });
});

test("packets are rejected to managed destinations of a kill switch without gateways, and to no exclusion", () => {
  const destinations = { managed: cidrs("0.0.0.0/0"), excluded: cidrs("9.0.0.0/8"), reserved: [], gateways: [] };
  const rejected = (...given: [nexthops: { gateway: string; weight: number }[], how?: "unreachable"]): string[] => {
    const { routes } = desiredState(destinations, [], given[0], TABLE_REF, given[1]);
    return rejectedAmong(TARGETS, routes).map(formatCidr);
  };
  expect(rejected([], "unreachable")).toEqual(["1.1.1.1/32"]);
  expect(rejected([{ gateway: "10.0.0.11", weight: 1 }], "unreachable")).toEqual([]);
  expect(rejected([])).toEqual([]);
  expect(rejectedAmong([parseCidr("1.1.1.1/32")!], [])).toEqual([]);
});
