/** Each remedy of the check command for probes beyond the gateways, carried out: with it, they succeed. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { addressOf, answering, type Lab, openLab } from "./lab/index.ts";
import { addNamespaces } from "./lab/namespace.ts";
import { type Case, cure, paste, runCommands, expectInRemedy, type TopicCase } from "./lab/remedies.ts";

setDefaultTimeout(60_000);

const PATIENT = { "through-period": "2s", "through-timeout": "1s" };
const ICMP = { ...PATIENT, through: "icmp:1.1.1.1,9.9.9.9" };

const allowPings = (lab: Lab): void => lab.router.tune({ "ipv4/ping_group_range": "0 2147483647" });

const describeCases = (title: string, cases: Record<string, Case<Lab>>): void =>
  describe(title, () => {
    test.each(Object.entries(cases))("%s", async (_, one) => {
      const lab = await openLab({ gateways: 2 });
      if (one.topic !== "probes") allowPings(lab);
      await cure(lab, one);
    });
  });

const WITHOUT_CAPABILITY = ["setpriv", "--bounding-set=-net_admin,-net_raw", "--inh-caps=-net_admin,-net_raw"];

/** A start without the capability; the remedy, which begins like this, gives it back. */
const curedByCapability = (pattern: RegExp): TopicCase<Lab> => ({
  make(lab) {
    allowPings(lab);
    return { flags: ICMP, options: { wrapper: WITHOUT_CAPABILITY } };
  },
  carryOut(remedy) {
    expectInRemedy(remedy, pattern);
    return { options: {} };
  },
});

describeCases("probes beyond the gateways can be sent after the remedy:", {
  "the range of groups that may send echo requests": {
    topic: "probes",
    make: () => ({ flags: ICMP }),
    carryOut: runCommands,
  },
  "the right to make their rules and routes": {
    topic: "through",
    ...curedByCapability(/^correct this/),
  },
  "the capability to mark packets": {
    topic: "probes",
    ...curedByCapability(/^run the service as root, or give it CAP_NET_ADMIN/),
  },
});

/** The first gateway has a tunnel to an internet that knows nothing of the router's network. */
async function addTunnel(lab: Lab): Promise<void> {
  const gateway = lab.gatewaySpace(1);
  const { internet } = await addNamespaces(lab.name, ["internet"]);
  gateway.tune({ "ipv4/ip_forward": 1 });
  await gateway.batch([
    ...["1.0.0.0/8", "9.0.0.0/8"].map((network) => `route delete local ${network} dev lo`),
    `link add tun0 type veth peer name eth0 netns ${internet.name}`,
    "address add 10.99.0.1/24 dev tun0",
    "link set tun0 up",
    ...["1.0.0.0/8", "9.0.0.0/8"].map((network) => `route add ${network} via 10.99.0.2`),
  ]);
  await internet.batch([
    "link set lo up",
    "link set eth0 up",
    "address add 10.99.0.2/24 dev eth0",
    ...["1.0.0.0/8", "9.0.0.0/8"].map((network) => `route add local ${network} dev lo`),
  ]);
}

const outgoing = (policy: string): string =>
  `nft 'table ip grm { chain out { type filter hook output priority 0; ${policy} }; }'`;

describeCases("answers come back through a gateway after the remedy:", {
  "that it translates addresses": {
    topic: `through ${addressOf(1)}`,
    async make(lab) {
      await addTunnel(lab);
      return { flags: ICMP };
    },
    carryOut: (remedy, lab) => paste(lab.gatewaySpace(1), expectInRemedy(remedy, /^on the gateway: (iptables .*?),/)),
  },
  "that the reverse path filter of this machine is loose": {
    topic: `through ${addressOf(1)}`,
    make(lab) {
      lab.router.tune({ "ipv4/conf/gw0/rp_filter": 1, "ipv4/conf/all/rp_filter": 0 });
      return { flags: ICMP };
    },
    carryOut: runCommands,
  },
  "that this machine's firewall accepts the answers": {
    topic: `through ${addressOf(2)}`,
    async make(lab) {
      const drop = "chain in { type filter hook input priority 0; ip protocol icmp drop; }";
      await paste(lab.router, `nft 'table ip grm { ${drop}; }'`);
      return { flags: ICMP };
    },
    async carryOut(remedy, lab) {
      const rule = expectInRemedy(remedy, /ct state established,related accept/);
      await paste(lab.router, `nft list ruleset | grep -q '${rule}' || nft 'insert rule ip grm in ${rule}'`);
    },
  },
  "that this machine's firewall accepts the packets": {
    topic: `through ${addressOf(2)}`,
    async make(lab) {
      await paste(lab.router, outgoing("ip protocol icmp drop;"));
      return { flags: ICMP };
    },
    carryOut: (remedy, lab) =>
      paste(lab.router, `nft 'insert rule ip grm out ${expectInRemedy(remedy, /meta mark & \S+ == \S+ accept/)}'`),
  },
  "that the gateway runs": {
    topic: `through ${addressOf(2)}`,
    async make(lab) {
      await lab.gatewaySpace(2).ip("link", "set", "eth0", "down");
      return { flags: { ...ICMP, "through-only": true } };
    },
    async carryOut(remedy, lab) {
      expectInRemedy(remedy, /check that it is running at \S+$/);
      await lab.gatewaySpace(2).ip("link", "set", "eth0", "up");
      await lab.gatewaySpace(2).batch(["route replace default via 10.77.0.1"]);
    },
  },
  "that something listens at the target's port": {
    topic: "target 1.1.1.1:81",
    make(lab) {
      lab.serve(lab.gatewaySpace(1), "1.1.1.1", 80);
      lab.serve(lab.gatewaySpace(2), "1.1.1.1", 80);
      return { flags: { ...PATIENT, through: "tcp:1.1.1.1:81,1.1.1.1:80" } };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /^choose another target in -through/);
      return { flags: { through: "tcp:1.1.1.1:80" } };
    },
  },
  "that a target which answers no probes is not asked": {
    topic: "target 9.9.9.9",
    async make(lab) {
      for (const space of lab.gatewaySpaces) await space.batch(["route add blackhole 9.9.9.9"]);
      for (const space of lab.gatewaySpaces) await space.batch(["route delete local 9.0.0.0/8 dev lo"]);
      return { flags: ICMP };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /^choose another target in -through/);
      return { flags: { through: "icmp:1.1.1.1" } };
    },
  },
  "that the answer holds the expected text": {
    topic: `through ${addressOf(1)}`,
    make(lab) {
      const bodies = ["Welcome", "Welcome, all is well"];
      for (const [index, space] of lab.gatewaySpaces.entries()) {
        lab.serve(space, "1.1.1.1", 80).becomes(answering(200, { body: bodies[index]! }));
      }
      return { flags: { ...PATIENT, through: "http://1.1.1.1/", "through-text": "is well" } };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /^check -through-text, and what the URL answers/);
      return { flags: { "through-text": "Welcome" } };
    },
  },
  "that the URL has the expected status": {
    topic: `through ${addressOf(1)}`,
    make(lab) {
      for (const space of lab.gatewaySpaces) lab.serve(space, "1.1.1.1", 80);
      for (const space of lab.gatewaySpaces)
        lab.serve(space, "1.1.1.2", 80).becomes(answering(space === lab.gatewaySpace(1) ? 503 : 200));
      return { flags: { ...PATIENT, through: "http://1.1.1.2/" } };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /^check the URL in -through/);
      return { flags: { through: "http://1.1.1.1/" } };
    },
  },
});

test.each([
  ["fall-through", 1, 2],
  ["keep", 1, 2],
])("with -when-no-gateways %s and rp_filter %d, gateways come up only after the remedy", async (mode, value, after) => {
  const lab = await openLab({ gateways: 2 });
  allowPings(lab);
  const flags = { ...ICMP, "when-no-gateways": mode, "through-period": "300ms", "through-timeout": "300ms" };
  await cure(lab, {
    topic: "rp_filter",
    async make() {
      lab.router.tune({ "ipv4/conf/gw0/rp_filter": value, "ipv4/conf/all/rp_filter": 0 });
      const daemon = lab.start(flags);
      await daemon.log.next(/gateway \S+ down/);
      await daemon.untilRounds(3);
      expect(await lab.managedRoute()).toBeUndefined();
      await daemon.stop();
      return { flags };
    },
    async carryOut(remedy) {
      expect(remedy).toBe(`sysctl net.ipv4.conf.all.rp_filter=${after} net.ipv4.conf.gw0.rp_filter=${after}`);
      await runCommands(remedy, lab);
      const daemon = lab.start(flags);
      await lab.untilRouted([1, 2]);
      await daemon.stop();
    },
  });
});

describeCases("rules, tables and marks of the probes are their own after the remedy:", {
  "other preferences": {
    topic: "rules 100 to 103",
    async make(lab) {
      await lab.router.ip("rule", "add", "pref", "101", "from", "10.1.0.0/16", "lookup", "main");
      return { flags: ICMP };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /^choose a -probe-rule-preference/);
      return { flags: { "probe-rule-preference": 200 } };
    },
  },
  "another table": {
    topic: "tables 18001 to 18002",
    async make(lab) {
      await lab.router.ip("route", "add", "9.9.9.9", "via", "10.88.0.1", "table", "18002");
      return { flags: ICMP };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /or choose a -first-probe-table-id/);
      return { flags: { "first-probe-table-id": 19_001 } };
    },
  },
  "another mark": {
    topic: "mark 0xad000000",
    async make(lab) {
      await lab.router.ip("rule", "add", "pref", "20000", "fwmark", "0xad000001", "lookup", "main");
      return { flags: ICMP };
    },
    carryOut(remedy) {
      expectInRemedy(remedy, /^choose a -probe-mark/);
      return { flags: { "probe-mark": "0xae000000" } };
    },
  },
});
