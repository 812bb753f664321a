import { describe, expect, test } from "bun:test";

import { throughProber } from "../../../src/config/through-values.ts";
import { answerFacts, droppedAnswers, serviceAnswerFactsOf } from "../../../src/config/answers.ts";
import { targetUse } from "../../../src/routing/probe-answers.ts";
import { ALL_PACKETS, type Selectors } from "../../../src/routing/selectors.ts";
import { desiredState } from "../../../src/routing/desired.ts";
import { configOf } from "./file/file.fixture.ts";
import { cidrs, TABLE_REF } from "../routing/plan.fixture.ts";
import { linkOf } from "../routing/probes.fixture.ts";

const proberOf = (text: string) => {
  const parsed = throughProber.parse(text);
  if (!parsed.ok) throw new Error(parsed.expected);
  return parsed.value;
};
const DESTINATIONS = { managed: cidrs("0.0.0.0/0"), excluded: cidrs("9.0.0.0/8"), reserved: [], gateways: [] };
const REJECTED = desiredState(DESTINATIONS, [], [], TABLE_REF, "unreachable").routes;
const OPEN = desiredState(DESTINATIONS, [], [], TABLE_REF).routes;
/** Gateways behind eth0, whose probes come from 10.0.0.1, and a network of clients. */
const OBSERVED = {
  devices: new Map([["10.0.0.11", "eth0"]]),
  links: [linkOf("eth0", "10.0.0.1/24"), linkOf("lan0", "10.78.0.1/24")],
};

interface Given {
  readonly through?: string;
  readonly need?: number;
  readonly routes?: typeof OPEN;
  readonly defaults?: readonly string[];
  readonly selectors?: Partial<Selectors>;
}

/** What is dropped with this filter on eth0. */
function droppedBy(filter: number, given: Given) {
  const { through = "icmp:1.1.1.1", need = 1, routes = OPEN, defaults = [], selectors = {} } = given;
  const tableRef = { ...TABLE_REF, selectors: { ...ALL_PACKETS, ...selectors } };
  const facts = answerFacts(
    [{ ...proberOf(through), need }],
    (targets) => [targetUse(targets, routes, tableRef)],
    OBSERVED,
    defaults,
  );
  return droppedAnswers(new Map([["eth0", filter]]), facts!);
}

const remedy = (value: number) => `sysctl net.ipv4.conf.all.rp_filter=${value} net.ipv4.conf.eth0.rp_filter=${value}`;

describe("answers to probes while no gateway is in use", () => {
  test.each([0, 1, 2])("come in with a kill switch and rp_filter %d, if the targets are addresses", (filter) => {
    expect(droppedBy(filter, { routes: REJECTED })).toBeUndefined();
    expect(droppedBy(filter, { routes: REJECTED, through: "https://1.1.1.1/,http://8.8.8.8/" })).toBeUndefined();
    expect(droppedBy(filter, { routes: REJECTED, through: "https://1.1.1.1/,https://a.test/" })).toBeUndefined();
  });

  test.each([1, 2])("of names that are needed are dropped with a kill switch and rp_filter %d", (filter) => {
    const given = { routes: REJECTED, through: "https://1.1.1.1/,https://a.test/", need: 2 };
    const why = "the kill switch rejects packets to https://a.test/, whose addresses are not known before";
    expect(droppedBy(filter, given)!.text).toContain(
      `while no gateway is in use, answers of targets beyond the gateways are dropped (${why})`,
    );
    expect(droppedBy(filter, given)!.remedy).toBe(`use addresses in -through, or ${remedy(0)}`);
    expect(droppedBy(0, given)).toBeUndefined();
  });

  test.each([OPEN, REJECTED])("of targets in the normal tables depend on the default route", (...routes) => {
    const given = { routes, through: "icmp:9.9.9.9" };
    expect([0, 1, 2].map((filter) => droppedBy(filter, given)?.remedy)).toEqual([undefined, remedy(0), remedy(0)]);
    const elsewhere = { ...given, defaults: ["wan0"] };
    expect([0, 2].map((filter) => droppedBy(filter, elsewhere))).toEqual([undefined, undefined]);
    expect(droppedBy(1, elsewhere)!.text).toContain("the default route uses wan0");
    expect(droppedBy(1, elsewhere)!.remedy).toBe(remedy(2));
    expect(droppedBy(1, { ...given, defaults: ["wan0", "eth0"] })).toBeUndefined();
  });

  test("of names depend on the default route without a kill switch", () => {
    const given = { through: "https://a.test/" };
    expect([0, 1, 2].map((filter) => droppedBy(filter, given)?.remedy)).toEqual([undefined, remedy(0), remedy(0)]);
    expect(droppedBy(1, { ...given, defaults: ["wan0"] })!.remedy).toBe(remedy(2));
  });

  test("do not matter without probes beyond the gateways", () => {
    expect(answerFacts([], () => [], OBSERVED, [])).toBeUndefined();
  });
});

describe("answers to probes from an address for whose packets no pool is", () => {
  const selectors: Partial<Selectors>[] = [
    { from: cidrs("10.78.0.0/24") },
    { in: ["lan0"] },
    { mark: { value: 0x10, mask: 0xff } },
  ];

  test.each(selectors)("depend on the default route, whatever the pool does (%o)", (one) => {
    for (const routes of [OPEN, REJECTED]) {
      const given = { routes, selectors: one };
      expect([0, 1, 2].map((filter) => droppedBy(filter, given)?.remedy)).toEqual([undefined, remedy(0), remedy(0)]);
      expect(droppedBy(1, given)!.text).toBe(
        "strict (1) on eth0: answers of targets beyond the gateways are dropped (no pool is for packets from 10.0.0.1, and this machine has no default route), so no gateway can come up",
      );
      const elsewhere = { ...given, defaults: ["wan0"] };
      expect([0, 1, 2].map((filter) => droppedBy(filter, elsewhere)?.remedy)).toEqual([
        undefined,
        remedy(2),
        undefined,
      ]);
      expect(droppedBy(1, { ...given, defaults: ["eth0"] })).toBeUndefined();
    }
  });

  test.each([
    { from: cidrs("10.0.0.0/24") },
    { from: cidrs("10.78.0.0/24", "10.0.0.1/32") },
    { in: ["lan0", "lo"] },
    { mark: { value: 0, mask: 0xff } },
  ] as Partial<Selectors>[])("come in with a kill switch for packets from it (%o)", (one) => {
    const given = { routes: REJECTED, selectors: one };
    expect([0, 1, 2].map((filter) => droppedBy(filter, given))).toEqual([undefined, undefined, undefined]);
  });
});

describe("answers of services that are asked through the gateways", () => {
  const configWith = (selectors: string, more: string) =>
    configOf(`
      [[gateway]]
      name = "sweden"
      address = "10.0.0.11"
      ${more}
      [[pool]]
      name = "vpn"
      ${selectors}
      members = ["sweden"]
      when-no-gateways = "unreachable"
    `);
  const LAN = 'from = ["10.78.0.0/24"]';
  const EXITS = '[exit-check]\nservices = ["http://8.8.8.8/"]';
  const LOOK_UPS = '[public-ip]\nservice-hostname = "8.8.4.4"\nrequired = true';
  const textsFor = (selectors: string, more: string, defaults: readonly string[]) => {
    const facts = serviceAnswerFactsOf(configWith(selectors, more), OBSERVED, defaults);
    return [0, 1, 2].map((filter) => facts && droppedAnswers(new Map([["eth0", filter]]), facts)?.text);
  };

  test("are dropped where no pool is for packets to them, unless the default route accepts them", () => {
    const [off, strict, loose] = textsFor(LAN, LOOK_UPS, []);
    expect(off).toBeUndefined();
    expect(strict).toBe(
      "strict (1) on eth0: answers of 8.8.4.4 through the gateways are dropped (no pool is for packets from 10.0.0.1, and this machine has no default route), so no gateway can come up",
    );
    expect(loose).toStartWith("loose (2) on eth0: answers of 8.8.4.4");
    expect(textsFor(LAN, EXITS, ["wan0"])).toEqual([
      undefined,
      expect.stringMatching(
        /answers of http:\/\/8\.8\.8\.8\/ .* and the default route uses wan0\), so \[exit-check\] finds no leak$/,
      ),
      undefined,
    ]);
    expect(textsFor(LAN, EXITS, ["eth0"])).toEqual([undefined, undefined, undefined]);
  });

  test("come in where a pool is for them, and nothing is said where no service is asked", () => {
    expect(textsFor('in = ["lo"]', EXITS, [])).toEqual([undefined, undefined, undefined]);
    expect(textsFor(LAN, "", [])).toEqual([undefined, undefined, undefined]);
  });
});
