/** Each remedy of the check command, carried out as a person would: with it, the finding is gone. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { chmodSync } from "node:fs";

import { shellWord } from "../../src/text/shell-word.ts";
import { check, type Report } from "./lab/check.ts";
import type { Flags } from "./lab/executable.ts";
import { addressOf, type Lab, openLab, ROUTER, UPSTREAM } from "./lab/index.ts";
import { cure, expectInRemedy, flagsIn, paste, runCommands } from "./lab/remedies.ts";

setDefaultTimeout(60_000);

/** Runs check, the commands of all its remedies about a topic, and check again: the topic is ok then. */
async function cureByCommands(lab: Lab, topic: string, flags: Flags = {}): Promise<{ before: Report; after: Report }> {
  const [before, after] = await cure<Lab>(lab, { topic, make: () => ({ flags }), carryOut: runCommands });
  return { before: before!, after: after! };
}

/** Gives the interface to the gateways, or to the clients, a name as those of VLANs have. */
async function rename(lab: Lab, device: "gw0" | "lan0", name: string): Promise<void> {
  await lab.router.batch([`link set ${device} down`, `link set ${device} name ${name}`, `link set ${name} up`]);
}

describe("the commands that check proposes help", () => {
  test("for a machine that does not forward", async () => {
    const lab = await openLab();
    lab.router.tune({ "ipv4/ip_forward": 0 });
    const { before, after } = await cureByCommands(lab, "forwarding");
    expect(before.about("forwarding")[0]!.message).toContain("net.ipv4.ip_forward is 0");
    expect(after.status).toBe(0);
  });

  test("for a machine that does not forward, and starts again", async () => {
    await cure<Lab>(await openLab(), {
      topic: "forwarding",
      make: ({ router }) => router.tune({ "ipv4/ip_forward": 0 }),
      async carryOut(remedy, { router }) {
        const write = expectInRemedy(remedy, /, and to make it permanent: (echo .*)$/);
        const start = "sysctl --system --pattern '^net.ipv4.ip_forward$'";
        const script = `mount -t tmpfs none /etc/sysctl.d && ${write} && ${start}`;
        await paste(router, `unshare --mount sh -c ${shellWord(script)}`);
      },
    });
  });

  test.each(["lan0", "lan0.100", "o'lan.7"])("for an interface of clients, %s, that does not forward", async (name) => {
    const lab = await openLab();
    await rename(lab, "lan0", name);
    lab.router.tune({ [`ipv4/conf/${name}/forwarding`]: 0 });
    const { before } = await cureByCommands(lab, "forwarding");
    expect(before.about("forwarding")[0]!.message).toContain(`forwarding is off on ${name}`);
  });

  test("for a strict filter on the interface of a VLAN", async () => {
    const lab = await openLab();
    await rename(lab, "gw0", "gw0.100");
    await lab.giveLink(3);
    lab.router.tune({ "ipv4/conf/all/rp_filter": 0, "ipv4/conf/gw0.100/rp_filter": 1 });
    const { after } = await cureByCommands(lab, "rp_filter");
    expect(after.bad).toEqual([]);
  });

  test("for redirects that this machine sends on the interface of a VLAN", async () => {
    const lab = await openLab({ gateways: 1 });
    await rename(lab, "gw0", "gw0.100");
    for (const device of ["lan0", "wan0"]) await lab.router.ip("-4", "address", "flush", "dev", device);
    await cureByCommands(lab, "redirects");
  });

  test.each([
    ["that forwards", 1, { "ipv4/conf/all/accept_redirects": 1, "ipv4/conf/gw0.100/accept_redirects": 1 }],
    ["that does not forward, with the setting of all interfaces", 0, { "ipv4/conf/all/accept_redirects": 1 }],
    ["that does not forward, with that of the interface", 0, { "ipv4/conf/gw0.100/accept_redirects": 1 }],
  ])("for redirects that a machine obeys %s", async (_, forwarding, settings) => {
    const lab = await openLab({ gateways: 1 });
    await rename(lab, "gw0", "gw0.100");
    lab.router.tune({
      "ipv4/ip_forward": forwarding,
      "ipv4/conf/all/accept_redirects": 0,
      "ipv4/conf/gw0.100/accept_redirects": 0,
      ...settings,
    });
    await cureByCommands(lab, "accept_redirects");
  });

  test("for redirects that a machine does not obey, with one of two settings while it forwards, there is no finding", async () => {
    const lab = await openLab({ gateways: 1 });
    lab.router.tune({ "ipv4/conf/all/accept_redirects": 0, "ipv4/conf/gw0/accept_redirects": 1 });
    expect((await check(lab)).bad).toEqual([]);
  });

  const withIpv6 = async (forwarding: number): Promise<Lab> => {
    const lab = await openLab({ gateways: 1 });
    lab.router.tune({
      "ipv6/conf/all/disable_ipv6": 0,
      "ipv6/conf/wan0/disable_ipv6": 0,
      "ipv6/conf/all/forwarding": forwarding,
    });
    await lab.router.ip("-6", "route", "add", "default", "dev", "wan0");
    return lab;
  };

  test.each([
    [1, "fall-through"],
    [1, "unreachable"],
    [0, "unreachable"],
  ])("for IPv6 with forwarding %d and -when-no-gateways %s", async (forwarding, mode) => {
    await cureByCommands(await withIpv6(forwarding), "ipv6", { "when-no-gateways": mode });
  });

  test("for the own IPv6 of a machine that forwards nothing", async () => {
    const lab = await withIpv6(0);
    lab.router.tune({ "ipv4/ip_forward": 0 });
    await cureByCommands(lab, "ipv6");
  });

  test("for a hash of addresses only", async () => {
    const lab = await openLab();
    lab.router.tune({ "ipv4/fib_multipath_hash_policy": 0 });
    await cureByCommands(lab, "hash policy");
  });

  test("for gateways that only a host route leads to, as with an address of /32", async () => {
    const lab = await openLab({ gateways: 2 });
    await lab.router.batch([
      `address delete ${ROUTER}/24 dev gw0`,
      "link set gw0 down",
      "link set gw0 name gw0.100",
      "link set gw0.100 up",
      `address add ${ROUTER}/32 dev gw0.100`,
    ]);
    const { before } = await cureByCommands(lab, "nexthops", { timeout: "300ms" });
    expect(before.about("nexthops")[0]!.remedy).toContain(`ip route add ${addressOf(1)}/32 dev gw0.100 scope link`);
    lab.start();
    await lab.untilRouted([1, 2]);
  });
});

describe("the flags that check proposes help", () => {
  test("for a route of another program in the table", async () => {
    const lab = await openLab({ gateways: 1 });
    await lab.router.ip("route", "add", "default", "via", UPSTREAM, "table", "180");
    expect((await check(lab)).bad).toEqual(["table 180"]);
    expect((await check(lab, { "first-routing-table-id": 181 })).bad).toEqual([]);
  });

  test("for a rule of another program with the preference", async () => {
    const lab = await openLab({ gateways: 1 });
    await lab.router.ip("rule", "add", "pref", "10888", "from", "10.9.0.0/16", "lookup", "7");
    expect((await check(lab)).bad).toEqual(["rule 10888"]);
    expect((await check(lab, { "first-rule-preference": 10880 })).bad).toEqual([]);
  });

  test("for a metrics port in use", async () => {
    const lab = await openLab({ gateways: 1 });
    lab.serve(lab.router, "127.0.0.1", 9090);
    expect((await check(lab)).bad).toEqual(["metrics port"]);
    expect((await check(lab, { "metrics-port": 9091 })).bad).toEqual([]);
  });

  test("for a session from a managed address", async () => {
    const lab = await openLab({ gateways: 1 });
    const session = { env: { SSH_CONNECTION: `8.8.8.8 50000 ${ROUTER} 22` } };
    const { about } = await check(lab, {}, session);
    expect((await check(lab, flagsIn(about("session")[0]!.remedy!), session)).bad).toEqual([]);
  });

  test("for an address of this machine in the range, and for an address that no host can have", async () => {
    const lab = await openLab({ gateways: 1 });
    const range = (start: string, end: string) => ({ "start-ip": start, "end-ip": end });
    const own = await check(lab, range(ROUTER, ROUTER));
    expect(own.about("nexthops")[0]!.remedy).toStartWith(`leave ${ROUTER} out of -start-ip and -end-ip`);
    const broadcast = await check(lab, range("10.77.0.255", "10.77.0.255"));
    expect(broadcast.about("nexthops")[0]).toMatchObject({
      message: "10.77.0.255 cannot be used: it is a broadcast address",
      remedy: "leave 10.77.0.255 out of -start-ip and -end-ip",
    });
    expect((await check(lab)).bad).toEqual([]);
  });

  test("for gateways that answer at another port", async () => {
    const lab = await openLab({ gateways: 1 });
    const { about } = await check(lab, { port: 9998 });
    const flags = flagsIn(about(`gateway ${addressOf(1)}`)[0]!.remedy!);
    expect(flags).toEqual({ port: "9999", scheme: "http" });
    expect((await check(lab, flags)).bad).toEqual([]);
  });

  test("for a -route that a network of this machine covers", async () => {
    const lab = await openLab({ gateways: 1 });
    const routes = ["1.0.0.0/8", "10.77.0.0/25"];
    const { bad, about } = await check(lab, { route: routes });
    expect([bad, about("routes")[0]!.remedy]).toEqual([["routes"], "remove that -route"]);
    const covered = /-route (\S+) is left out/.exec(about("routes")[0]!.message)![1]!;
    expect((await check(lab, { route: routes.filter((one) => one !== covered) })).bad).toEqual([]);
  });

  test("for a program of -on-change that cannot be executed", async () => {
    const lab = await openLab({ gateways: 1 });
    const path = lab.file("notify it's", "#!/bin/sh\n");
    chmodSync(path, 0o644);
    const flags = { "on-change": `"${path}"` };
    const { about } = await check(lab, flags);
    await paste(lab.router, /^(chmod .*?),/.exec(about("on-change")[0]!.remedy!)![1]!);
    expect((await check(lab, flags)).bad).toEqual([]);
  });
});
