import { describe, expect, test } from "bun:test";

import { checkWanServices, type Wan } from "../../../src/diagnose/wan-services.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { RuleDiversion } from "../../../src/routing/diversions.ts";
import { parsePolicyRules } from "../../../src/routing/iproute2/policy-rules.ts";
import { TABLE_REF } from "./kernel-facts.fixture.ts";

const WAN: Wan = { device: "wan0.7", ports: [22, 443], strict: false };

const check = (wan: Wan | undefined, diversions: readonly RuleDiversion[] = []) =>
  checkWanServices(wan, diversions, TABLE_REF);

const bypassOf = (preference: number, fwmark: string): RuleDiversion => ({
  rule: parsePolicyRules(JSON.stringify([{ priority: preference, src: "all", fwmark, table: "254" }]))[0]!,
  extent: "bypass",
  networks: [parseCidr("0.0.0.0/0")!],
  more: 0,
  everything: true,
});

const BYPASS = bypassOf(10887, "0xad");

describe("services on the ordinary internet connection", () => {
  test("are not checked where there is no such connection beside the gateways", () => {
    expect(check(undefined)).toEqual([]);
  });

  test("are ok where there are none, or where a rule for marked packets comes before ours", () => {
    expect(check({ ...WAN, ports: [] })).toMatchObject([{ level: "ok" }]);
    expect(check(WAN, [BYPASS])).toMatchObject([
      { level: "ok", message: "TCP ports 22, 443 on wan0.7 can answer by rule 10887 (fwmark 0xad)" },
    ]);
  });

  test("are a warning with the whole remedy beside a rule for packets of another program (tailscale)", () => {
    const [finding] = check({ ...WAN, strict: true }, [bypassOf(5210, "0x80000")]);
    expect(finding!.level).toBe("warning");
    expect(finding!.remedy).toMatch(/rp_filter=2; nft .*; ip rule add pref 10887 fwmark 0xad lookup main$/);
  });

  test("are a warning with commands that mark their connections", () => {
    expect(check(WAN)).toEqual([
      {
        level: "warning",
        topic: "services",
        message:
          "TCP ports 22, 443 on wan0.7, the ordinary internet connection: answers to managed addresses, and those of port forwards, use the gateways, so such connections fail",
        remedy:
          'if they should work: nft \'table ip wan_answers { chain incoming { type filter hook prerouting priority mangle; iifname "wan0.7" ct state new ct mark set 0xad; iifname != "wan0.7" ct mark 0xad meta mark set 0xad; }; chain own { type route hook output priority mangle; ct mark 0xad meta mark set 0xad; }; }\'; ip rule add pref 10887 fwmark 0xad lookup main',
      },
    ]);
  });

  test("have commands that a shell understands whatever the name of the interface", () => {
    expect(check({ ...WAN, device: "o'lan.7", strict: true })[0]!.remedy).toStartWith(
      "if they should work: sysctl 'net.ipv4.conf.o'\\''lan/7.rp_filter=2'; nft ",
    );
  });

  test("need a reverse path filter that is not strict", () => {
    expect(check({ ...WAN, strict: true })[0]!.remedy).toStartWith(
      "if they should work: sysctl net.ipv4.conf.wan0/7.rp_filter=2; nft 'table ",
    );
  });

  test("behind a strict reverse path filter do not answer by the gateways where a rule for marked packets exists", () => {
    expect(check({ ...WAN, strict: true }, [BYPASS])).toEqual([
      {
        level: "warning",
        topic: "services",
        message:
          "TCP ports 22, 443 on wan0.7: the strict rp_filter on wan0.7 drops incoming connections from managed addresses",
        remedy: "if they should work: sysctl net.ipv4.conf.wan0/7.rp_filter=2",
      },
    ]);
  });
});
