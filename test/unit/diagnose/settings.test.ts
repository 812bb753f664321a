import { describe, expect, test } from "bun:test";

import type { WayBack } from "../../../src/config/answers.ts";
import { checkSettings, type Settings, type Wishes } from "../../../src/diagnose/settings.ts";

const GOOD: Settings = {
  forward: "1",
  forwarding: new Map([
    ["lan0", true],
    ["eth0", true],
  ]),
  hashPolicy: "1",
  hashFields: undefined,
  filters: new Map([["eth0", 2]]),
  redirecting: ["eth0"],
  redirected: [],
  oneArmed: false,
  ipv6: { leads: false, forwards: false },
};

const check = (changes: Partial<Settings>, wishes: Partial<Wishes> = {}) =>
  checkSettings({ ...GOOD, ...changes }, { gateways: 2, killSwitch: false, ...wishes });
const about = (topic: string, ...given: Parameters<typeof check>) =>
  check(...given).find((one) => one.topic === topic)!;
const levels = (...parameters: Parameters<typeof check>): string[] => check(...parameters).map(({ level }) => level);

describe("the kernel's settings", () => {
  test("are ok when they are right for several gateways", () => {
    expect(levels({})).toEqual(["ok", "ok", "ok", "ok", "ok", "ok"]);
  });

  test("are a warning on a machine that does not forward", () => {
    const all = new Map([
      ["lan0", false],
      ["eth0", false],
    ]);
    const [forwarding] = check({ forward: "0", forwarding: all });
    expect(forwarding).toMatchObject({ level: "warning", topic: "forwarding" });
    expect(forwarding!.remedy).toContain("sysctl -w net.ipv4.ip_forward=1");
    expect(check({ forward: "0", forwarding: new Map() })[0]!.level).toBe("warning"); // no interface has an address
  });

  test("are a warning with a strict filter only if gateways are behind several interfaces", () => {
    expect(levels({ filters: new Map([["eth0", 1]]) })).toEqual(["ok", "ok", "ok", "ok", "ok", "ok"]);
    const several = new Map([
      ["eth0", 1],
      ["eth1", 2],
    ]);
    const [, filter] = check({ filters: several });
    expect(filter).toMatchObject({ level: "warning", topic: "rp_filter" });
    expect(filter!.message).toStartWith("strict (1) on eth0, and the gateways are behind 2 interfaces");
    expect(filter!.remedy).toBe("sysctl net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.eth0.rp_filter=2");
  });

  test("are an error where no gateway comes up, since answers to probes beyond it are dropped", () => {
    const answersOf = (way: Partial<WayBack>) => {
      const whole = { rejectedNames: [], fallThrough: true, unpooled: [], ...way };
      return {
        ways: new Map([
          ["eth0", whole],
          ["eth1", whole],
        ]),
        defaults: ["wan0"],
      };
    };
    const answers = answersOf({});
    const filters = new Map([["eth0", 1]]);
    const [, filter] = check({ filters }, { answers });
    expect(filter).toMatchObject({
      level: "error",
      message:
        "strict (1) on eth0: while no gateway is in use, answers of targets beyond the gateways are dropped (the default route uses wan0), so no gateway can come up",
    });
    expect(filter!.remedy).toBe("sysctl net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.eth0.rp_filter=2");
    const [, names] = check({}, { answers: answersOf({ rejectedNames: ["https://a.test/"] }) });
    expect(names!.message).toStartWith("loose (2) on eth0: while no gateway is in use");
    expect(names!.remedy).toBe(
      "use addresses in -through, or sysctl net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0",
    );
    expect(check({ filters }, { answers: answersOf({ fallThrough: false }) })[1]!.level).toBe("ok");
    const [, several] = check(
      { filters: new Map([...filters, ["eth1", 2]]) },
      { answers: answersOf({ fallThrough: false }) },
    );
    expect(several!.message).toEndWith("as soon as it leaves the route, and no answer to -through brings it back");
  });

  test.each([
    ["1", "ok"],
    ["2", "ok"],
    ["3", "ok"],
    ["0", "warning"],
    [undefined, "warning"],
  ])("with hash policy %p are %s", (hashPolicy, level) => {
    const hash = check({ hashPolicy }).at(-1)!;
    expect(hash.level).toBe(level as "ok");
    if (level === "warning") expect(hash.message).toContain("one client to one server use the same gateway");
  });

  test("are a warning with redirects only where devices and gateways are neighbours", () => {
    const found = check({ oneArmed: true })[2];
    expect(found).toMatchObject({ level: "warning", topic: "redirects" });
    expect(found!.remedy).toContain("net.ipv4.conf.eth0.send_redirects=0");
    expect(check({ oneArmed: true, redirecting: [] })[2]).toMatchObject({ level: "ok" });
    expect(check({ oneArmed: true, forward: "0" })[2]).toMatchObject({ level: "ok" });
  });

  test("are a warning where some interfaces do not forward, with a command that a shell and sysctl understand", () => {
    const some = new Map([
      ["lan0.7", false],
      ["o'lan", false],
      ["eth0", true],
    ]);
    for (const forward of ["0", "1"]) {
      expect(about("forwarding", { forward, forwarding: some })).toEqual({
        level: "warning",
        topic: "forwarding",
        message:
          "forwarding is off on lan0.7, o'lan: packets of other devices that come in there, and answers to them, are dropped",
        remedy: "sysctl net.ipv4.conf.lan0/7.forwarding=1 'net.ipv4.conf.o'\\''lan.forwarding=1'",
      });
    }
    expect(about("forwarding", { forward: "0" }).level).toBe("ok"); // all of them forward all the same
  });

  test("are a warning where redirects are obeyed", () => {
    expect(about("accept_redirects", { redirected: ["eth0.7"] })).toMatchObject({
      level: "warning",
      remedy:
        "sysctl net.ipv4.conf.all.accept_redirects=0 net.ipv4.conf.default.accept_redirects=0 net.ipv4.conf.eth0/7.accept_redirects=0, then ip route flush cache",
    });
  });

  const IPV6 = { leads: true, forwards: false };

  test.each<[string, Partial<Settings>, Partial<Wishes>, "ok" | "warning", RegExp]>([
    ["no default route", {}, { killSwitch: true }, "ok", /no IPv6 default route/],
    ["own packets alone", { ipv6: IPV6 }, {}, "ok", /forwards no IPv6; its own IPv6 packets bypass the gateways/],
    [
      "own packets and a kill switch",
      { ipv6: IPV6 },
      { killSwitch: true },
      "warning",
      /its own IPv6 packets bypass the gateways and the kill switch/,
    ],
    [
      "own packets, and no IPv4 of others either",
      { ipv6: IPV6, forward: "0" },
      {},
      "warning",
      /its own IPv6 packets bypass/,
    ],
    [
      "packets of others",
      { ipv6: { leads: true, forwards: true } },
      {},
      "warning",
      /IPv6 packets of other devices, and its own/,
    ],
  ])("with IPv6 of %s are judged by what bypasses the gateways", (_, settings, wishes, level, message) => {
    const found = about("ipv6", settings, wishes);
    expect(found.level).toBe(level);
    expect(found.message).toMatch(message);
  });

  test("are not checked for the hash policy with one gateway", () => {
    expect(check({ hashPolicy: "0" }, { gateways: 1 }).map(({ topic }) => topic)).not.toContain("hash policy");
  });
});
