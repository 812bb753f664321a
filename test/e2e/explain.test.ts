/** The explain command: its explanation agrees with the kernel and with the flags. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import type { Explanation } from "../../src/diagnose/format-explanation.ts";
import { addressOf, CLIENT, type Lab, openLab, refusing, ROUTER, UPSTREAM } from "./lab/index.ts";

setDefaultTimeout(60_000);

type Flags = Parameters<Lab["start"]>[0];

/** Runs the command on the lab's router, and expects that nothing in the kernel is changed. */
async function ask(lab: Lab, address: string, flags: Flags = {}) {
  const before = await lab.snapshot();
  const ending = await lab.start(flags, { command: ["explain", address] }).ended();
  expect(await lab.snapshot()).toBe(before);
  return ending;
}

async function explain(lab: Lab, address: string, flags: Flags = {}): Promise<Explanation> {
  const { status, output, complaint } = await ask(lab, address, { json: true, ...flags });
  expect({ status, complaint }).toEqual({ status: 0, complaint: "" });
  const explanation = JSON.parse(output) as Explanation;
  expect(explanation.unexplained).toBe(false);
  return explanation;
}

/** A lab with a service that makes no healthy gateway look dead, however busy the machine is. */
async function running(flags: Flags = {}): Promise<Lab> {
  const lab = await openLab();
  await lab.start({ "check-period": "1s", timeout: "1s", ...flags }).untilReady();
  await lab.untilRouted([1, 2, 3]);
  return lab;
}

describe("a destination behind the gateways", () => {
  test("is explained by flag, rule, route and shares, and the kernel agrees", async () => {
    const lab = await running();
    const explanation = await explain(lab, "8.8.8.8");
    expect(explanation).toMatchObject({ managed: true, takesGateways: true, deviation: null });
    expect(explanation.because).toEqual({ kind: "managed", flag: "-route", why: "-route 0.0.0.0/0 covers it" });
    expect(explanation.steps.map(({ rule, outcome }) => `${rule} ${outcome}`)).toEqual([
      "0: from all lookup local empty",
      "10888: from all lookup 180 route",
    ]);
    expect(explanation.kernel).toMatchObject({ ok: true, table: "180" });
    expect(explanation.shares).toEqual(
      [1, 2, 3].map((number) => ({ gateway: addressOf(number), device: "gw0", share: 1 / 3 })),
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

  test("has one gateway for a flow with all its ports: the one that its packets take", async () => {
    const lab = await running();
    const seen = new Set<string>();
    for (let port = 2000; port < 2012; port++) {
      const explanation = await explain(lab, "8.8.8.8", { from: CLIENT, protocol: "udp", sport: port, dport: 53 });
      if (!explanation.kernel.ok) throw new Error(explanation.kernel.why);
      const words = ["from", CLIENT, "iif", "lan0", "ipproto", "udp", "sport", String(port), "dport", "53"];
      expect((await lab.router.ip("route", "get", "8.8.8.8", ...words)).split(" ")).toContain(
        explanation.kernel.gateway!,
      );
      seen.add(explanation.kernel.gateway!);
    }
    expect(seen.size).toBeGreaterThan(1);
  });
});

describe("a destination that is not managed", () => {
  test("is explained by the flag or the network that excludes it, and by its table", async () => {
    const lab = await running({ "exclude-cidr": "9.0.0.0/8" });
    const exclusionOf = async (address: string) => {
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
    expect(await exclusionOf("9.1.2.3")).toEqual(["excluded", "-exclude-cidr", `main ${UPSTREAM} wan0`]);
    expect(await exclusionOf("192.168.3.3")).toEqual(["reserved", "-exclude-reserved-cidrs", `main ${UPSTREAM} wan0`]);
    expect(await exclusionOf("10.66.0.77")).toEqual(["connected", null, "main direct lan0"]);
    expect(await exclusionOf(addressOf(2))).toEqual(["gateways", "-start-ip", "main direct gw0"]);
    expect((await exclusionOf(ROUTER)).slice(0, 2)).toEqual(["connected", null]);
  });

  test("is explained by the -route that does not cover it", async () => {
    const lab = await openLab({ gateways: 1 });
    const explanation = await explain(lab, "8.8.8.8", { route: "1.0.0.0/8" });
    expect(explanation.because).toEqual({ kind: "unmanaged", flag: "-route", why: "no -route covers it (1.0.0.0/8)" });
  });
});

describe("a destination that takes another route than the flags say", () => {
  test("is explained by a missing service, by missing gateways, or by a preceding rule", async () => {
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

describe("the command", () => {
  test("prints a text for people", async () => {
    const lab = await running();
    const { status, output } = await ask(lab, "8.8.8.8");
    expect(status).toBe(0);
    expect(output).toStartWith("8.8.8.8 goes through the gateways: -route 0.0.0.0/0 covers it\n");
    expect(output).toMatch(/\n10888: from all lookup 180 +table 180 decides: default\n/);
    expect(output).toMatch(/\n10\.77\.0\.12 +gw0 +33\.3 %\n/);
  });

  test.each([
    ["", "the address is missing"],
    ["gateways.example.com", "names are not resolved"],
    ["2001:db8::1", "IPv6 is not managed"],
    ["8.8.8", "expected an IPv4 address"],
  ])("rejects the address %j and names what it expects", async (address, words) => {
    const lab = await openLab({ gateways: 1 });
    const command = address === "" ? ["explain"] : ["explain", address];
    const { status, output, complaint } = await lab.start({ dport: "http" }, { command }).ended();
    expect({ status, output }).toEqual({ status: 2, output: "" });
    expect(complaint).toContain(words);
    expect(complaint).toContain('-dport "http": expected a whole number');
  });

  test("reports a missing ip with its package", async () => {
    const lab = await openLab({ gateways: 1 });
    const { status, complaint } = await lab
      .start({}, { command: ["explain", "8.8.8.8"], env: { PATH: "/nowhere" } })
      .ended();
    expect({ status, named: complaint.includes("iproute2") }).toEqual({ status: 1, named: true });
  });
});
