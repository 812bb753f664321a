/**
 * The plan command makes the decision of the service: beside a service that has settled it changes nothing, whatever state
 * that service has reached. Only what the service remembers is unknown to it: flap holds, results of probes that have not
 * turned a gateway's state yet, and trials of single gateways.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { expectPlanAgrees, planOf } from "./lab/plan.ts";
import {
  addressOf,
  answering,
  type Daemon,
  type Lab,
  openLab,
  PREFERENCE,
  refusing,
  ROUTER,
  UPSTREAM,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

/** Slow enough that a busy machine seldom makes a healthy gateway look dead. */
const CALM = { "check-period": "500ms", timeout: "500ms" };

const THROUGH = { through: "icmp:1.1.1.1,9.9.9.9", "through-period": "500ms", "through-timeout": "500ms" };

/** A gateway whose tunnel is down drops all packets to the internet. */
async function setTunnel(lab: Lab, gateway: number, state: "up" | "down"): Promise<void> {
  const networks = ["1.0.0.0/8", "9.0.0.0/8"];
  const verb = state === "up" ? "delete" : "add";
  const opposite = state === "up" ? "add" : "delete";
  const space = lab.gatewaySpace(gateway);
  await space.batch(networks.map((network) => `route ${opposite} local ${network} dev lo`));
  await space.batch(networks.map((network) => `route ${verb} blackhole ${network}`));
}

type Flags = Parameters<Lab["start"]>[0];

interface Scene {
  readonly lab: Lab;
  readonly daemon: Daemon;
  /** Has exactly these gateways answer with success. */
  setHealthy(gateways: readonly number[]): void;
  /** Waits until the route is over these gateways, and expects that the plan agrees. */
  expectRouted(gateways: readonly number[]): Promise<void>;
  expectAgreement(): Promise<void>;
}

/** A lab whose service has settled with all gateways healthy. */
async function settle(flags: Flags = {}): Promise<Scene> {
  const lab = await openLab();
  const daemon = lab.start({ ...CALM, ...flags });
  await daemon.untilReady();
  const expectAgreement = async () => {
    await expectPlanAgrees(lab, daemon);
  };
  await expectAgreement();
  return {
    lab,
    daemon,
    setHealthy: (gateways) => {
      lab.gateways.forEach((gateway, index) =>
        gateway.becomes(gateways.includes(index + 1) ? answering(200) : refusing),
      );
    },
    expectRouted: async (gateways) => {
      await lab.untilRouted(gateways);
      await expectAgreement();
    },
    expectAgreement,
  };
}

describe("the plan changes nothing beside a settled service", () => {
  test.each(["fall-through", "keep", "blackhole"])(
    "with -when-no-gateways %s, through losses, a total loss and link failures",
    async (mode) => {
      const { lab, daemon, setHealthy, expectRouted } = await settle({
        "when-no-gateways": mode,
        "exclude-cidr": "9.0.0.0/8",
      });
      await expectRouted([1, 2, 3]);
      setHealthy([1, 3]);
      await expectRouted([1, 3]);
      setHealthy([3]);
      await expectRouted([3]);
      setHealthy([]);
      await daemon.log.next(/\(0 of 3 healthy\)/);
      await expectRouted(mode === "keep" ? [3] : []);
      await lab.router.batch(["link set gw0 down", "link set gw0 up"]);
      await expectRouted(mode === "keep" ? [3] : []);
      setHealthy([2]);
      await expectRouted([2]);
      await lab.router.ip("link", "set", "gw0", "down");
      await expectRouted([]);
      await lab.router.ip("link", "set", "gw0", "up");
      setHealthy([1, 2, 3]);
      await expectRouted([1, 2, 3]);
    },
  );

  test.each(["fall-through", "keep", "unreachable"])(
    "with -fall 3 and -when-no-gateways %s, through losses and the loss of a carrier",
    async (mode) => {
      const flags = { fall: 3, rise: 2, "fast-check-period": "200ms", "when-no-gateways": mode };
      const { lab, daemon, setHealthy, expectRouted, expectAgreement } = await settle(flags);
      await lab.giveLink(3);
      await expectRouted([1, 2, 3]);
      setHealthy([1, 3]);
      await expectRouted([1, 3]);
      setHealthy([1, 2, 3]);
      await expectRouted([1, 2, 3]);
      await lab.gatewaySpace(3).ip("link", "set", "eth0", "down");
      await expectRouted([1, 2]);
      await lab.gatewaySpace(3).ip("link", "set", "eth0", "up");
      await expectRouted([1, 2, 3]);
      setHealthy([]);
      await daemon.log.next(/\(0 of 3 healthy\)/);
      if (mode === "keep")
        await expectAgreement(); // over the gateway that was lost last
      else await expectRouted([]);
      setHealthy([1, 2, 3]);
      await expectRouted([1, 2, 3]);
    },
  );

  test("with -fall 3, of a killed service whose gateway has lost its carrier: as the next service does", async () => {
    const lab = await openLab();
    await lab.giveLink(3);
    const flags = { "check-period": "25s", timeout: "1s", fall: 3 };
    const first = lab.start(flags);
    await lab.untilRouted([1, 2, 3]);
    await first.kill();
    await lab.gatewaySpace(3).ip("link", "set", "eth0", "down");
    const planned = await planOf(lab, first);
    expect(planned.gateways[2]).toMatchObject({
      healthy: true,
      active: false,
      leftOut: "its interface own3 has no carrier",
    });
    expect(planned.kernel.commands).toHaveLength(1);
    const second = lab.start(flags);
    await second.untilReady();
    const done = second.log.matching(/msg="ip (route|rule) /).map(({ text }) => /msg="([^"]*)"/.exec(text)![1]!);
    expect(done).toEqual([...planned.kernel.commands]);
    await expectPlanAgrees(lab, second);
  });

  test.each([
    ["keep", [2, 3], [2, 3], [1, 3]],
    ["all", [1, 2, 3], [1, 2, 3], [1, 2, 3]],
    ["none", [], [], []],
  ])("with -min-healthy 2 and the policy %s, above and below the quorum", async (policy, oneUp, noneUp, anotherUp) => {
    const { daemon, setHealthy, expectRouted } = await settle({ "min-healthy": 2, "min-healthy-policy": policy });
    await expectRouted([1, 2, 3]);
    setHealthy([2, 3]);
    await expectRouted([2, 3]);
    setHealthy([3]);
    await daemon.log.next(/\(1 of 3 healthy\)/);
    await expectRouted(oneUp);
    setHealthy([]);
    await daemon.log.next(/\(0 of 3 healthy\)/);
    await expectRouted(noneUp);
    setHealthy([1]);
    await daemon.log.next(/gateway \S+11 up/);
    await expectRouted(anotherUp);
    setHealthy([1, 2]);
    await expectRouted([1, 2]);
  });

  test.each(["fall-through", "unreachable"])(
    "with -when-no-gateways %s, after repairs of what another program changed",
    async (mode) => {
      const flags = { "when-no-gateways": mode, "exclude-cidr": ["9.9.9.0/24"] };
      const { lab, expectAgreement } = await settle(flags);
      const whole = await lab.snapshot();
      const sorted = (text: string): string => text.split("\n").sort().join("\n");
      for (const command of [
        `rule delete preference ${PREFERENCE}`,
        "route flush table 180",
        "route delete default table 180",
        `route replace default via ${addressOf(1)} table 180`,
        `route prepend default via ${addressOf(1)} table 180`,
        "route delete throw 9.9.9.0/24 table 180",
      ]) {
        await lab.router.ip(...command.split(" "));
        await lab.until(
          `a repair after: ${command}`,
          () => lab.snapshot(),
          (now) => sorted(now) === sorted(whole),
        );
        await expectAgreement();
      }
    },
  );

  test("that leaves a route of another program in the place of the managed one, and names it as an obstacle", async () => {
    const lab = await openLab();
    await lab.router.ip("route", "add", "default", "via", UPSTREAM, "table", "180");
    const daemon = lab.start(CALM);
    await daemon.untilMetrics("a conflict", (it) => it.value("routing_conflicts_total") >= 1);
    const { kernel } = await expectPlanAgrees(lab, daemon);
    expect(kernel.obstacles).toHaveLength(1);
    await lab.router.ip("route", "delete", "default", "table", "180");
    await lab.untilRouted([1, 2, 3]);
    expect((await expectPlanAgrees(lab, daemon)).kernel.obstacles).toEqual([]);
  });

  test("while gateways cannot be nexthops: one beyond the connected network, and the router's own address", async () => {
    const { lab, expectRouted } = await settle();
    await lab.router.ip("address", "add", `${addressOf(2)}/32`, "dev", "lo");
    lab.serve(lab.router, addressOf(2));
    await expectRouted([1, 3]);
    await lab.router.ip("address", "delete", `${addressOf(2)}/32`, "dev", "lo");
    await expectRouted([1, 2, 3]);
    await lab.router.batch([`address delete ${ROUTER}/24 dev gw0`, "address add 10.77.0.10/31 dev gw0"]);
    await expectRouted([1]);
    await lab.router.ip("address", "add", `${ROUTER}/24`, "dev", "gw0");
    await expectRouted([1, 2, 3]);
  });

  test("with several routes, one of them in a reserved range and one covered by a connected network", async () => {
    const { setHealthy, lab, expectAgreement } = await settle({
      route: ["1.0.0.0/8", "10.0.0.0/8", "10.66.0.0/25"],
      "exclude-cidr": ["10.5.0.0/16", "1.2.3.4/32"],
    });
    setHealthy([1, 3]);
    await lab.untilRouted([1, 3], "1.0.0.0/8");
    await expectAgreement();
  });

  test("with -through-require any, while one prober of a gateway fails, and both", async () => {
    const lab = await openLab();
    lab.router.tune({ "ipv4/ping_group_range": "0 2147483647", "ipv4/conf/all/rp_filter": 0 });
    const daemon = lab.start({ ...CALM, ...THROUGH, "through-require": "any" });
    await lab.untilRouted([1, 2, 3]);
    await setTunnel(lab, 1, "down");
    await setTunnel(lab, 2, "down");
    lab.gateway(2).becomes(refusing);
    lab.gateway(3).becomes(refusing);
    await lab.untilRouted([1, 3]);
    const planned = await expectPlanAgrees(lab, daemon);
    expect(planned.gateways.map(({ healthy }) => healthy)).toEqual([true, false, true]);
    expect(planned.gateways[1]!.detail).toMatch(/^connection refused; icmp .*: no answer through it$/);
  });

  test.each([{}, { "through-only": true, "when-no-gateways": "unreachable" }])(
    "with probes beyond the gateways (%j), through losses of tunnels behind healthy endpoints, and repairs of their rules",
    async (flags) => {
      const lab = await openLab();
      lab.router.tune({ "ipv4/ping_group_range": "0 2147483647", "ipv4/conf/all/rp_filter": 0 });
      const daemon = lab.start({ ...CALM, ...THROUGH, ...flags });
      const agree = async (gateways: readonly number[]): Promise<void> => {
        await lab.untilRouted(gateways);
        const planned = await expectPlanAgrees(lab, daemon);
        expect(planned.gateways.map(({ healthy }, index) => healthy && index + 1).filter(Boolean)).toEqual([
          ...gateways,
        ]);
      };
      await agree([1, 2, 3]);
      await setTunnel(lab, 2, "down");
      await agree([1, 3]);
      await lab.router.ip("rule", "delete", "pref", "101", "fwmark", "0xad000001/0xff0000ff");
      await agree([1, 3]);
      await setTunnel(lab, 2, "up");
      await agree([1, 2, 3]);
      await lab.router.ip("link", "set", "gw0", "down");
      await lab.untilRouted([]);
      await lab.router.ip("link", "set", "gw0", "up");
      await agree([1, 2, 3]);
    },
  );

  test("that is one of two instances with a table each", async () => {
    const { lab, expectAgreement } = await settle({ route: "1.0.0.0/8" });
    const other = lab.start({
      ...CALM,
      route: "9.0.0.0/8",
      "first-routing-table-id": 200,
      "first-rule-preference": 9000,
      "metrics-port": 9191,
      "when-no-gateways": "unreachable",
    });
    await other.untilReady();
    await expectPlanAgrees(lab, other);
    await expectAgreement();
  });
});

describe("the plan without a service", () => {
  test.each(["fall-through", "keep", "unreachable"])(
    "changes nothing after a stop with -on-exit keep (-when-no-gateways %s), and adds what other flags ask for",
    async (mode) => {
      const { lab, daemon, setHealthy, expectRouted, expectAgreement } = await settle({
        "when-no-gateways": mode,
        "on-exit": "keep",
      });
      setHealthy([1, 3]);
      await expectRouted([1, 3]);
      expect((await daemon.stop()).status).toBe(0);
      await expectAgreement();
      const flags = { ...daemon.flags, "exclude-cidr": "9.0.0.0/8" };
      const { kernel } = await planOf(lab, { flags });
      expect(kernel.commands).toContain("ip route add throw 9.0.0.0/8 table 180 proto 173");
      const next = lab.start(flags);
      await next.untilReady();
      await expectPlanAgrees(lab, next);
    },
  );

  test("has the rules and routes for probes that the service then makes, and leaves none of its own", async () => {
    const lab = await openLab();
    lab.router.tune({ "ipv4/ping_group_range": "0 2147483647" });
    await setTunnel(lab, 2, "down");
    const flags = { ...CALM, ...THROUGH };
    const before = await lab.snapshot();
    const planned = await planOf(lab, { flags: { "start-ip": addressOf(1), "end-ip": addressOf(3), ...flags } });
    expect(await lab.snapshot()).toBe(before);
    expect(planned.gateways.map(({ healthy }) => healthy)).toEqual([true, false, true]);
    expect(planned.gateways[1]!.detail).toMatch(/^icmp \S+, \S+: no answer through it$/);
    expect(planned.kernel.cleaning).toEqual([]);
    const daemon = lab.start(flags);
    await daemon.untilReady();
    const done = daemon.log.matching(/msg="ip (route|rule) /).map(({ text }) => /msg="([^"]*)"/.exec(text)![1]!);
    expect(done.toSorted()).toEqual([...planned.kernel.commands].sort());
    await expectPlanAgrees(lab, daemon);
  });

  test("changes nothing after a kill, also when a gateway was lost before", async () => {
    const { daemon, setHealthy, expectRouted, expectAgreement } = await settle({ "when-no-gateways": "unreachable" });
    setHealthy([2, 3]);
    await expectRouted([2, 3]);
    await daemon.kill();
    await expectAgreement();
  });
});
