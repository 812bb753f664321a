import { describe, expect, test } from "bun:test";

import { checkSettings, type Settings } from "../../../src/diagnose/settings.ts";

const GOOD: Settings = {
  forward: "1",
  hashPolicy: "1",
  hashFields: undefined,
  filters: new Map([["eth0", 2]]),
  redirecting: ["eth0"],
  oneArmed: false,
  ipv6: false,
};

const check = (changes: Partial<Settings>, gateways = 2) => checkSettings({ ...GOOD, ...changes }, gateways);
const levels = (...parameters: Parameters<typeof check>): string[] => check(...parameters).map(({ level }) => level);

describe("the kernel's settings", () => {
  test("are ok when they are right for several gateways", () => {
    expect(levels({})).toEqual(["ok", "ok", "ok", "ok", "ok"]);
  });

  test("are a warning on a machine that does not forward", () => {
    const [forwarding] = check({ forward: "0" });
    expect(forwarding).toMatchObject({ level: "warning", topic: "forwarding" });
    expect(forwarding!.remedy).toContain("sysctl -w net.ipv4.ip_forward=1");
  });

  test("are a warning with a strict filter only if gateways are behind several interfaces", () => {
    expect(levels({ filters: new Map([["eth0", 1]]) })).toEqual(["ok", "ok", "ok", "ok", "ok"]);
    const several = new Map([
      ["eth0", 1],
      ["eth1", 2],
    ]);
    const [, filter] = check({ filters: several });
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

  test("are a warning where IPv6 bypasses the gateways", () => {
    expect(check({ ipv6: true })[3]).toMatchObject({ level: "warning", topic: "ipv6" });
  });

  test("are not checked for the hash policy with one gateway", () => {
    expect(check({ hashPolicy: "0" }, 1).map(({ topic }) => topic)).not.toContain("hash policy");
  });
});
