import { describe, expect, test } from "bun:test";

import type { PoolConfig } from "../../../src/config/model.ts";
import { blockRemedy, checkUnroutedIpv6 } from "../../../src/diagnose/unrouted-ipv6.ts";
import { FAMILIES } from "../../../src/net/address.ts";
import { parseCidr } from "../../../src/net/cidr.ts";

const networks = (...texts: string[]) => texts.map((text) => parseCidr(text, FAMILIES)!);

const pool = (name: string, changes: Partial<PoolConfig> = {}): PoolConfig =>
  ({
    ...{ name, whenNoGateways: "unreachable", blockIpv6: false, route: networks("0.0.0.0/0"), excludeCidr: [] },
    markerRoute: [],
    ...{
      selectors: { from: [], in: [] },
      dnsNames: [],
      members: [{ gateway: "10.0.0.1", address6: "fd00::1", weight: 1, tier: 1 }],
    },
    ...changes,
  }) as unknown as PoolConfig;

const config = (pools: readonly [PoolConfig, ...PoolConfig[]]) => {
  return { pools, service: { config: "/etc/file.toml" } } as unknown as Parameters<typeof blockRemedy>[0];
};

const BOTH = { route: networks("0.0.0.0/0", "::/0") };

describe("pools with a kill switch that leave IPv6 alone", () => {
  test("are named beside others that route it, where packets of IPv6 get out", () => {
    const two = config([pool("a"), pool("b", BOTH)]);
    expect(checkUnroutedIpv6(two, true)).toMatchObject([
      { level: "warning", topic: "ipv6", message: expect.stringMatching(/^pool a routes IPv4 alone/) },
    ]);
    expect(checkUnroutedIpv6(two, false)).toEqual([]);
  });

  test("are not where none routes it, all do, or none has a kill switch", () => {
    const open = { whenNoGateways: "fall-through" } as const;
    for (const pools of [
      [pool("a"), pool("b")],
      [pool("a", BOTH), pool("b", BOTH)],
      [pool("a", open), pool("b", BOTH)],
      [pool("a", { blockIpv6: true }), pool("b", BOTH)],
    ] as const) {
      expect(checkUnroutedIpv6(config([...pools]), true)).toEqual([]);
    }
  });

  test("reject it by a setting in the words of flags or of a file", () => {
    expect(blockRemedy({ ...config([pool("a")]), service: {} as never })).toBe("set -block-ipv6");
    expect(blockRemedy(config([pool("a")]))).toBe("set block-ipv6 = true");
    const some = { selectors: { from: networks("10.0.0.0/8"), in: [] } };
    expect(blockRemedy(config([pool("a", some), pool("b"), pool("c", BOTH)]))).toBe(
      "set block-ipv6 = true of pools a, b, and networks of IPv6 in from",
    );
  });

  test("cannot where they do not route all of IPv4", () => {
    expect(blockRemedy(config([pool("a", { route: networks("8.0.0.0/8") })]))).toBeUndefined();
  });
});
