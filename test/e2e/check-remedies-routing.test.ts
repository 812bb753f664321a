/** Each remedy of the check command about rules, tables and nexthops, carried out: with it, the finding is gone. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { check } from "./lab/check.ts";
import type { Flags } from "./lab/executable.ts";
import { addressOf, type Lab, openLab, ROUTER, UPSTREAM } from "./lab/index.ts";
import { type Case, cure, expectInRemedy, flagsIn, runCommands, takeFlags } from "./lab/remedies.ts";

setDefaultTimeout(60_000);

const KILL_SWITCH = { "when-no-gateways": "unreachable" };

const describeCases = (
  title: string,
  topic: string,
  gateways: number,
  cases: Record<string, Omit<Case<Lab>, "topic">>,
) =>
  describe(title, () => {
    test.each(Object.entries(cases))("%s", async (_, one) => {
      await cure(await openLab({ gateways }), { topic, ...one });
    });
  });

/** Gives a rule of another program the preference that the remedy proposes, behind ours. */
const moveRule =
  (from: number, rule: string): Case<Lab>["carryOut"] =>
  async (remedy, lab) => {
    const above = Number(expectInRemedy(remedy, /give that rule a preference above (\d+)/));
    await lab.router.batch([`rule delete pref ${from}`, `rule add pref ${above + 1} ${rule}`]);
  };

const FOREIGN_TABLE = `route add default via ${UPSTREAM} table 53`;

/** A rule of another program that comes first, and leads to a table with a default route. */
const preceding = (pref: number, flags: Flags = {}, more: string[] = []): Pick<Case<Lab>, "make"> => ({
  async make(lab) {
    await lab.router.batch([FOREIGN_TABLE, `rule add pref ${pref} from all lookup 53`, ...more]);
    return { flags: { timeout: "300ms", ...flags } }; // the probes take that table as well
  },
});

/** What wg-quick(8) does for a tunnel that takes everything, unless the configuration has `Table = off`. */
const WG_QUICK = [
  `route add default via ${UPSTREAM} table 51820`,
  "rule add not fwmark 51820 table 51820",
  "rule add table main suppress_prefixlength 0",
];

const tunnel: Pick<Case<Lab>, "make"> = {
  make: (lab) => lab.router.batch(["rule add pref 10888 lookup 180", ...WG_QUICK, "rule delete pref 10888"]),
};

describeCases("rules before ours no longer keep packets from the gateways after the remedy:", "preceding rules", 1, {
  "a preference before theirs": { ...preceding(100), carryOut: takeFlags },
  "a preference before theirs, with a kill switch": { ...preceding(100, KILL_SWITCH), carryOut: takeFlags },
  "a preference behind ours": { ...preceding(100), carryOut: moveRule(100, "from all lookup 53") },
  "a preference behind ours, with a kill switch": {
    ...preceding(100, KILL_SWITCH),
    carryOut: moveRule(100, "from all lookup 53"),
  },
  "a preference behind ours, for a rule without room before it": {
    ...preceding(3, KILL_SWITCH),
    async carryOut(remedy, lab) {
      expect(remedy).not.toContain("-first-rule-preference");
      await moveRule(3, "from all lookup 53")(remedy, lab);
    },
  },
  "a preference before theirs, for a rule that selects packets": {
    make: (lab) => lab.router.batch([FOREIGN_TABLE, "rule add pref 100 fwmark 1 lookup 53"]),
    carryOut: (remedy) => takeFlags(expectInRemedy(remedy, /^if this is not intended, .*/)),
  },
  "Table = off, with which wg-quick adds neither routes nor rules": {
    ...tunnel,
    async carryOut(remedy, lab) {
      expectInRemedy(remedy, /^set Table = off in the configuration of that WireGuard interface/);
      await lab.router.batch(WG_QUICK.toReversed().map((line) => line.replace(" add ", " delete ")));
    },
  },
  "a preference for the rule of wg-quick": { ...tunnel, carryOut: moveRule(10_887, "not fwmark 51820 table 51820") },
});

test.each([
  ["without a kill switch", {}, "98"],
  ["with a kill switch", KILL_SWITCH, "92"],
])("a preference that check proposes %s is not one of another rule", async (_, flags, expected) => {
  const lab = await openLab({ gateways: 1 });
  const others = [96, 99].map((pref) => `rule add pref ${pref} from 10.9.0.0/16 lookup 54`);
  const [, after] = await cure<Lab>(lab, {
    topic: "preceding rules",
    ...preceding(100, flags, others),
    carryOut(remedy) {
      const proposed = flagsIn(remedy);
      expect(proposed).toEqual({ "first-rule-preference": expected });
      return { flags: proposed };
    },
  });
  expect(after!.bad.filter((topic) => topic.startsWith("rule"))).toEqual([]);
});

describeCases("a table that another program uses is ours alone after the remedy:", "table 180", 1, {
  "without its route in the place of ours": {
    make: (lab) => lab.router.batch([`route add default via ${UPSTREAM} table 180`]),
    async carryOut(remedy, lab) {
      expectInRemedy(remedy, /^remove it, or choose a -first-routing-table-id that no other program uses$/);
      await lab.router.ip("route", "delete", "default", "table", "180");
    },
  },
  "without its route to another destination": {
    make: (lab) => lab.router.batch([`route add 9.0.0.0/8 via ${UPSTREAM} table 180`]),
    async carryOut(remedy, lab) {
      expectInRemedy(remedy, /^remove it/);
      await lab.router.ip("route", "delete", "9.0.0.0/8", "table", "180");
    },
  },
});

test("another table cures a rule of another program that leads into the one of the service", async () => {
  const lab = await openLab({ gateways: 1 });
  const [, after] = await cure<Lab>(lab, {
    topic: "table 180",
    make: () => lab.router.batch(["rule add pref 20000 from 10.9.0.0/16 lookup 180"]),
    carryOut(remedy) {
      expectInRemedy(remedy, /^choose a -first-routing-table-id that no other program uses$/);
      return { flags: { "first-routing-table-id": 181 } };
    },
  });
  expect(after!.bad).toEqual([]);
});

describe("other preferences cure, with a kill switch,", () => {
  const carryOut: Case<Lab>["carryOut"] = (remedy) => {
    expectInRemedy(remedy, /^choose a -first-rule-preference that no other program uses$/);
    return { flags: { "first-rule-preference": 10_880 } };
  };

  test("a rule of another program at one of the four", async () => {
    const lab = await openLab({ gateways: 1 });
    const make = async () => {
      await lab.router.batch(["rule add pref 10890 from 10.9.0.0/16 lookup 7"]);
      return { flags: KILL_SWITCH };
    };
    const [, after] = await cure<Lab>(lab, { topic: "rules 10888 to 10891", make, carryOut });
    expect(after!.bad).toEqual([]);
  });

  test("a running instance at one of the four", async () => {
    const lab = await openLab({ gateways: 1 });
    const make = async () => {
      const daemon = lab.start({ ...KILL_SWITCH, "first-rule-preference": 10_889, "metrics-address": "127.0.0.1" });
      await daemon.untilReady();
      return { flags: { ...KILL_SWITCH, "first-routing-table-id": 181, "metrics-port": 9091 } };
    };
    const [before, after] = await cure<Lab>(lab, { topic: "rules 10888 to 10891", make, carryOut });
    expect(before!.about("rules 10888 to 10891")[0]).toMatchObject({
      level: "error",
      message: expect.stringContaining("a running instance has one of these preferences"),
    });
    expect(after!.bad).toEqual([]);
  });
});

/** What explain, which the remedy names, says about the packets of the gateway. */
async function explainAsNamed(remedy: string, lab: Lab): Promise<string> {
  const address = expectInRemedy(remedy, /: gateway-route-manager explain (\S+), with the same flags, names it$/);
  return (await lab.start({}, { command: ["explain", address] }).ended()).stdout;
}

describeCases("gateways that a route or rule rejects packets to can be nexthops after the remedy:", "nexthops", 1, {
  "without a route": {
    make: (lab) => lab.router.batch([`route add blackhole ${addressOf(1)}`]),
    async carryOut(remedy, lab) {
      const [, route] = /table main decides: (blackhole \S+)/.exec(await explainAsNamed(remedy, lab))!;
      await lab.router.batch([`route delete ${route}`]);
    },
  },
  "without a rule": {
    make: (lab) => lab.router.batch([`rule add pref 100 to ${addressOf(1)} prohibit`]),
    async carryOut(remedy, lab) {
      const [, preference] = /^(\d+): from .* rejects it$/m.exec(await explainAsNamed(remedy, lab))!;
      await lab.router.batch([`rule delete pref ${preference}`]);
    },
  },
});

/** Without an address of the router in the network of the gateways. */
const withoutAddress: Pick<Case<Lab>, "make"> = {
  async make(lab) {
    await lab.router.batch([`address delete ${ROUTER}/24 dev gw0`]);
    return { flags: { timeout: "300ms" } };
  },
};

describeCases("gateways that cannot be nexthops can after the remedy:", "nexthops", 3, {
  "the interface that leads there is turned on": {
    async make(lab) {
      await lab.router.batch(["link set gw0 down"]);
      return { flags: { timeout: "300ms" } };
    },
    carryOut: runCommands,
  },
  "this machine gets an address in their network": {
    ...withoutAddress,
    async carryOut(remedy, lab) {
      expectInRemedy(
        remedy,
        /^give this machine an address in the gateways' network, on the interface that leads there/,
      );
      await lab.router.batch([`address add ${ROUTER}/24 dev gw0`]);
    },
  },
  "each of them gets a host route": {
    ...withoutAddress,
    async carryOut(remedy, lab) {
      const command = expectInRemedy(remedy, /or add a host route to each \(ip (.*)\)$/).replace("INTERFACE", "gw0");
      await lab.router.batch([1, 2, 3].map((number) => command.replace("GATEWAY", addressOf(number))));
    },
  },
  "the range ends before the router's own address": {
    make: (lab) => lab.router.batch([`address add ${addressOf(3)}/24 dev gw0`]),
    carryOut: takeFlags,
  },
  "the range begins behind the router's own address": {
    make: (lab) => lab.router.batch([`address add ${addressOf(1)}/24 dev gw0`]),
    carryOut: takeFlags,
  },
  "the range is a part without the router's own address": {
    make: (lab) => lab.router.batch([`address add ${addressOf(2)}/24 dev gw0`]),
    carryOut: takeFlags,
  },
  "the router gets an address outside of the range": {
    make: (lab) => lab.router.batch([`address add ${addressOf(2)}/24 dev gw0`]),
    async carryOut(remedy, lab) {
      expectInRemedy(remedy, /; or give this machine an address outside of the range instead$/);
      await lab.router.batch([`address delete ${addressOf(2)}/24 dev gw0`, "address add 10.77.0.200/24 dev gw0"]);
    },
  },
  "the range ends before a broadcast address": {
    async make(lab) {
      await lab.gatewaySpace(1).batch(["address add 10.77.0.254/24 dev eth0"]);
      return { flags: { "start-ip": "10.77.0.254", "end-ip": "10.77.0.255", timeout: "300ms" } };
    },
    carryOut: takeFlags,
  },
  "the range is the part between the router's own address and a broadcast address": {
    async make(lab) {
      await lab.gatewaySpace(1).batch(["address add 10.77.0.254/24 dev eth0"]);
      await lab.router.batch(["address add 10.77.0.253/24 dev gw0"]);
      return { flags: { "start-ip": "10.77.0.253", "end-ip": "10.77.0.255", timeout: "300ms" } };
    },
    carryOut: takeFlags,
  },
});

test("a gateway that only a host route leads to carries packets", async () => {
  const lab = await openLab({ gateways: 1 });
  await lab.router.batch([`address delete ${ROUTER}/24 dev gw0`, `address add ${ROUTER}/32 dev lo`]);
  const [finding] = (await check(lab, { timeout: "300ms" })).about("nexthops");
  const command = expectInRemedy(finding!.remedy!, /\(ip (route add .*)\)$/);
  await lab.router.batch([command.replace("INTERFACE", "gw0").replace("GATEWAY", addressOf(1))]);
  expect((await check(lab)).bad).toEqual([]);
  lab.start();
  await lab.untilRouted([1]);
});
