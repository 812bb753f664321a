import { describe, expect, test } from "bun:test";

import { judgeSettings, type Settings } from "../../../src/diagnose/settings.ts";

const GOOD: Settings = {
  forward: "1",
  hashPolicy: "1",
  hashFields: undefined,
  filters: new Map([["eth0", 2]]),
  redirecting: ["eth0"],
  oneArmed: false,
  ipv6: false,
};

const judge = (changes: Partial<Settings>, gateways = 2) => judgeSettings({ ...GOOD, ...changes }, gateways);
const levels = (...parameters: Parameters<typeof judge>): string[] => judge(...parameters).map(({ level }) => level);

describe("the kernel's settings", () => {
  test("are fine", () => {
    expect(levels({})).toEqual(["ok", "ok", "ok", "ok", "ok"]);
  });

  test("a machine that does not forward", () => {
    const [forwarding] = judge({ forward: "0" });
    expect(forwarding).toMatchObject({ level: "warning", topic: "forwarding" });
    expect(forwarding!.remedy).toContain("sysctl -w net.ipv4.ip_forward=1");
  });

  test("a strict filter does harm only with gateways behind several interfaces", () => {
    expect(levels({ filters: new Map([["eth0", 1]]) })).toEqual(["ok", "ok", "ok", "ok", "ok"]);
    const several = new Map([
      ["eth0", 1],
      ["eth1", 2],
    ]);
    const [, filter] = judge({ filters: several });
    expect(filter).toMatchObject({ level: "warning", topic: "rp_filter" });
    expect(filter!.message).toStartWith("strict (1) on eth0, and the gateways are behind 2 interfaces");
    expect(filter!.remedy).toBe("sysctl net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.eth0.rp_filter=2");
  });

  test.each([
    ["1", "ok"],
    ["2", "ok"],
    ["3", "ok"],
    ["0", "warning"],
    [undefined, "warning"],
  ])("hash policy %p is %s", (hashPolicy, level) => {
    const hash = judge({ hashPolicy }).at(-1)!;
    expect(hash.level).toBe(level as "ok");
    if (level === "warning") expect(hash.message).toContain("one client to one server take one gateway");
  });

  test("redirects do harm only where devices and gateways are neighbours", () => {
    const found = judge({ oneArmed: true })[2];
    expect(found).toMatchObject({ level: "warning", topic: "redirects" });
    expect(found!.remedy).toContain("net.ipv4.conf.eth0.send_redirects=0");
    expect(judge({ oneArmed: true, redirecting: [] })[2]).toMatchObject({ level: "ok" });
    expect(judge({ oneArmed: true, forward: "0" })[2]).toMatchObject({ level: "ok" });
  });

  test("IPv6 gets past the gateways", () => {
    expect(judge({ ipv6: true })[3]).toMatchObject({ level: "warning", topic: "ipv6" });
  });

  test("one gateway needs no hash", () => {
    expect(judge({ hashPolicy: "0" }, 1).map(({ topic }) => topic)).not.toContain("hash policy");
  });
});
