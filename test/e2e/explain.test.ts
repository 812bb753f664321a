/** The explain command: its explanation of a destination agrees with the kernel's own route look-up. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import type { Explanation } from "../../src/diagnose/format-explanation.ts";
import { addressOf, CALM, CLIENT, type Lab, openLab, refusing, ROUTER, UPSTREAM } from "./lab/index.ts";

setDefaultTimeout(60_000);

type Flags = Parameters<Lab["start"]>[0];

/** Runs the command on the lab's router, and expects that the kernel's rules and routes are the same afterwards. */
async function runExplain(lab: Lab, address: string, flags: Flags = {}) {
  const before = await lab.snapshot();
  const ending = await lab.start(flags, { command: ["explain", address] }).ended();
  expect(await lab.snapshot()).toBe(before);
  return ending;
}

async function explain(lab: Lab, address: string, flags: Flags = {}): Promise<Explanation> {
  const { status, stdout, stderr } = await runExplain(lab, address, { json: true, ...flags });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const explanation = JSON.parse(stdout) as Explanation;
  expect(explanation.unexplained).toBe(false);
  return explanation;
}

/** A lab in which the service is ready with all three gateways in use. */
async function openRunningLab(flags: Flags = {}): Promise<Lab> {
  const lab = await openLab();
  await lab.start({ ...CALM, ...flags }).untilReady();
  await lab.untilRouted([1, 2, 3]);
  return lab;
}

describe("explain of a destination that is routed through the gateways", () => {
  test("shows flag, rule, route and the share of each gateway, as the kernel has them", async () => {
    const lab = await openRunningLab();
    const explanation = await explain(lab, "8.8.8.8");
    expect(explanation).toMatchObject({ managed: true, takesGateways: true, deviation: null });
    expect(explanation.because).toEqual({ kind: "managed", flag: "-route", why: "-route 0.0.0.0/0 covers it" });
    expect(explanation.steps.map(({ rule, outcome }) => `${rule} ${outcome}`)).toEqual([
      "0: from all lookup local empty",
      "10888: from all lookup 180 route",
    ]);
    expect(explanation.kernel).toMatchObject({ ok: true, table: "180" });
    expect(explanation.shares).toEqual(
      [1, 2, 3].map((number) => ({ gateway: addressOf(number), device: "gw0", share: 1 / 3, inRange: true })),
    );
    expect(explanation.hash.policy).toBe(1);
    lab.gateway(2).becomes(refusing);
    await lab.untilRouted([1, 3]);
    const { shares } = await explain(lab, "8.8.8.8");
    expect(shares.map(({ gateway, share }) => [gateway, share.toFixed(3)])).toEqual([
      [addressOf(1), "0.500"],
      [addressOf(3), "0.500"],
    ]);
  });

  test("shows the one gateway of a flow whose addresses and ports are given, as the kernel selects it", async () => {
    const lab = await openRunningLab();
    const seen = new Set<string>();
    for (let port = 2000; port < 2012; port++) {
      const { kernel } = await explain(lab, "8.8.8.8", { from: CLIENT, protocol: "udp", sport: port, dport: 53 });
      if (!kernel.ok) throw new Error(kernel.why);
      const words = ["from", CLIENT, "iif", "lan0", "ipproto", "udp", "sport", String(port), "dport", "53"];
      expect((await lab.router.ip("route", "get", "8.8.8.8", ...words)).split(" ")).toContain(kernel.gateway!);
      seen.add(kernel.gateway!);
    }
    expect(seen.size).toBeGreaterThan(1);
  });
});

describe("explain of a destination that is not routed through the gateways", () => {
  test("shows the flag or network that excludes it, and the route that applies instead", async () => {
    const lab = await openRunningLab({ "exclude-cidr": "9.0.0.0/8" });
    const reasonAndRoute = async (address: string) => {
      const { managed, takesGateways, because, deviation, kernel } = await explain(lab, address, {
        "exclude-cidr": "9.0.0.0/8",
      });
      expect({ managed, takesGateways, deviation }).toEqual({ managed: false, takesGateways: false, deviation: null });
      return [
        because.kind,
        because.flag,
        kernel.ok && `${kernel.table} ${kernel.gateway ?? "direct"} ${kernel.device}`,
      ];
    };
    expect(await reasonAndRoute("9.1.2.3")).toEqual(["excluded", "-exclude-cidr", `main ${UPSTREAM} wan0`]);
    expect(await reasonAndRoute("192.168.3.3")).toEqual([
      "reserved",
      "-exclude-reserved-cidrs",
      `main ${UPSTREAM} wan0`,
    ]);
    expect(await reasonAndRoute("10.66.0.77")).toEqual(["connected", null, "main direct lan0"]);
    expect(await reasonAndRoute(addressOf(2))).toEqual(["gateways", "-start-ip", "main direct gw0"]);
    expect((await reasonAndRoute(ROUTER)).slice(0, 2)).toEqual(["connected", null]);
  });

  test("shows that no -route covers it", async () => {
    const lab = await openLab({ gateways: 1 });
    const { because } = await explain(lab, "8.8.8.8", { route: "1.0.0.0/8" });
    expect(because).toEqual({ kind: "unmanaged", flag: "-route", why: "no -route covers it (1.0.0.0/8)" });
  });
});

describe("explain of a destination that deviates from the settings", () => {
  test("names the cause: no running service, no gateway in use, or a rule with precedence", async () => {
    const lab = await openLab();
    expect((await explain(lab, "8.8.8.8")).deviation).toContain("no service runs");
    for (const gateway of lab.gateways) gateway.becomes(refusing);
    const daemon = lab.start();
    await daemon.untilReady();
    expect((await explain(lab, "8.8.8.8")).deviation).toBe("table 180 has no route to it: no gateway is in use");
    lab.gateway(1).becomes({ kind: "answer", status: 200 });
    await lab.untilRouted([1]);
    expect((await explain(lab, "8.8.8.8")).deviation).toBeNull();
    await lab.router.ip("rule", "add", "pref", "77", "from", "all", "lookup", "main");
    expect((await explain(lab, "8.8.8.8")).deviation).toContain("77: from all lookup main");
    expect((await explain(lab, "8.8.8.8", { "exclude-cidr": "8.0.0.0/8" })).deviation).toBeNull();
    await lab.router.ip("rule", "del", "pref", "77");
    expect((await explain(lab, "8.8.8.8", { "exclude-cidr": "8.0.0.0/8" })).deviation).toContain("other flags");
  });
});

describe("the explain command", () => {
  test("prints a text without -json", async () => {
    const lab = await openRunningLab();
    const { status, stdout } = await runExplain(lab, "8.8.8.8");
    expect(status).toBe(0);
    expect(stdout).toStartWith("8.8.8.8 goes through the gateways: -route 0.0.0.0/0 covers it\n");
    expect(stdout).toMatch(/\n10888: from all lookup 180 +table 180 decides: default\n/);
    expect(stdout).toMatch(/\n10\.77\.0\.12 +gw0 +33\.3 %\n/);
  });

  test.each([
    ["", "the address is missing"],
    ["https://dns.example.com", "a host name such as gateways.example.com, without scheme"],
    ["fe80::1", "expected a link-local address with its interface, such as fe80::1%eth0"],
    ["8.8.8", "expected an address such as 8.8.8.8 or 2606:4700:4700::1111"],
  ])("exits with status 2 for the address %j and says what it expects", async (address, words) => {
    const lab = await openLab({ gateways: 1 });
    const command = address === "" ? ["explain"] : ["explain", address];
    const { status, stdout, stderr } = await lab.start({ dport: "http" }, { command }).ended();
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(words);
    expect(stderr).toContain('-dport "http": expected a whole number');
  });

  test("exits with status 1 and names iproute2 when ip is missing", async () => {
    const lab = await openLab({ gateways: 1 });
    const { status, stderr } = await lab
      .start({}, { command: ["explain", "8.8.8.8"], env: { PATH: "/nowhere" } })
      .ended();
    expect(status).toBe(1);
    expect(stderr).toContain("iproute2");
  });
});

describe("explain of a target of probes beyond the gateways", () => {
  const THROUGH = { through: "icmp:1.1.1.1,9.9.9.9" };

  test("shows the rules that let other packets pass, and the marks with which probes get there", async () => {
    const lab = await openLab();
    lab.router.tune({ "ipv4/ping_group_range": "0 2147483647" });
    const daemon = lab.start({ ...CALM, ...THROUGH });
    await daemon.untilReady();
    const explanation = await explain(lab, "1.1.1.1", THROUGH);
    expect(explanation.steps.map(({ rule, outcome }) => `${rule} ${outcome}`)).toEqual([
      "0: from all lookup local empty",
      "100: not from all fwmark 0xad000000/0xff000000 goto 102 jump",
      "102: from all fwmark 0xad000000/0xff000000 unreachable no-match",
      "10888: from all lookup 180 route",
    ]);
    expect(explanation.probes).toEqual({
      probers: ["icmp"],
      paths: [1, 2, 3].map((number) => ({
        gateway: addressOf(number),
        mark: `0xad00000${number}`,
        table: 18_000 + number,
        present: true,
      })),
    });
    expect((await explain(lab, "8.8.8.8", THROUGH)).probes).toBeNull();
    const text = (await runExplain(lab, "9.9.9.9", THROUGH)).stdout;
    expect(text).toContain("continues there: it is no probe");
    expect(text).toContain(
      "icmp probes to it have the marks 0xad000001 to 0xad000003, each of which leads through its gateway",
    );
    await daemon.stop();
    expect((await runExplain(lab, "9.9.9.9", THROUGH)).stdout).toContain("no service runs with these flags");
  });
});
