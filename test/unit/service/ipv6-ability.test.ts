import { expect, test } from "bun:test";

import { handledFamilies, inFamily, sidesOf } from "../../../src/config/families.ts";
import type { Config } from "../../../src/config/model.ts";
import { formatCidr } from "../../../src/net/cidr.ts";
import { IpError, type IpErrorCode } from "../../../src/routing/iproute2/error.ts";
import { type Ipv6Ability, withoutMissingIpv6 } from "../../../src/service/ipv6-ability.ts";
import { parse } from "./reloader.fixture.ts";

const IPV4 = pool("ipv4", "10.0.0.1", "default");
const IPV6 = pool("ipv6", "fd00::2", "default6", 'from = ["fd00:5::/64"]');
const BOTH = pool("both", ["10.0.0.3", "fd00::3"], ["default", "default6"]);

/** The text of a gateway, and of a pool of it. */
function pool(name: string, address: string | string[], routes: string | string[], more = "") {
  return {
    gateway: `[[gateway]]\nname = "of-${name}"\naddress = ${JSON.stringify(address)}\n`,
    pool: `[[pool]]\nname = "${name}"\nmembers = ["of-${name}"]\nroutes = ${JSON.stringify([routes].flat())}\n${more}\n`,
  };
}

function configOf(...pools: readonly ReturnType<typeof pool>[]): Config {
  const parsed = parse([...pools.map(({ gateway }) => gateway), ...pools.map((one) => one.pool)].join(""));
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config;
}

/** A machine with IPv6, where it cannot be routed, or not even be rejected. */
const failing = (code: IpErrorCode, exists = true): Ipv6Ability => ({
  exists: () => exists,
  check: () => Promise.reject(new IpError(code, "this ip has no nexthop objects")),
});
/** One where a check would be a fault. */
const UNASKED: Ipv6Ability = { exists: () => true, check: () => Promise.reject(new Error("asked")) };
const ABLE: Ipv6Ability = { exists: () => true, check: () => Promise.resolve() };

const closed = (name: string, ...rest: [string | string[], string | string[], string?]) => {
  const [address, routes, more = ""] = rest;
  return pool(name, address, routes, `when-no-gateways = "unreachable"\n${more}`);
};
const reasonOf = async (config: Config, ability: Ipv6Ability): Promise<string> =>
  withoutMissingIpv6(config, ability).then(String, (error: Error) => error.message);

test("without IPv6 nothing is asked", async () => {
  const config = configOf(IPV4);
  expect(await withoutMissingIpv6(config, UNASKED)).toEqual({ config });
});

test("where IPv6 can be routed, the configuration stays as it is", async () => {
  const config = configOf(BOTH);
  expect(await withoutMissingIpv6(config, ABLE)).toEqual({ config });
});

test("where IPv6 cannot be routed, IPv4 goes on without its pools and addresses, with a warning", async () => {
  const config = configOf(IPV6, BOTH);
  const { config: rest, warning } = await withoutMissingIpv6(config, failing("no-nexthops"));
  expect(rest.gateways).toMatchObject([{ name: "of-both", address: "10.0.0.3", place: 1 }]);
  expect(rest.gateways[0]).not.toHaveProperty("address6");
  expect(rest.pools.map(({ name, gateways, route }) => [name, gateways, route.length])).toEqual([
    ["both", ["10.0.0.3"], 1],
  ]);
  expect(warning!.detail).toStartWith("cannot route IPv6: this ip has no nexthop objects; IPv6 is left out");
  expect(warning!.remedy).toContain("Linux 5.3");
});

test("where IPv6 cannot be routed and nothing else is, there is no start", async () => {
  const started = withoutMissingIpv6(configOf(IPV6), failing("no-nexthops"));
  expect(await started.catch((error: unknown) => error)).toMatchObject({
    code: "no-ipv6",
    message: expect.stringMatching(/^cannot route IPv6: this ip has no nexthop objects; use Linux 5\.3 or newer/),
  });
});

test("an ip that cannot be run is for the start to report", async () => {
  const config = configOf(BOTH);
  expect(await withoutMissingIpv6(config, failing("missing"))).toEqual({ config });
});

test("where IPv6 cannot be routed, packets of it that may not bypass the gateways are rejected", async () => {
  const exclude = 'exclude = ["2001:db8:1::/48"]\nfrom = ["10.1.0.0/16", "fd00:5::/64"]';
  const config = configOf(
    closed("both", ["10.0.0.3", "fd00::3"], ["default", "2000::/3"], exclude),
    pool("open", "10.0.0.4", "default"),
  );
  const { config: rest, warning } = await withoutMissingIpv6(config, failing("no-nexthops"));
  expect(rest.gateways.some((gateway) => "address6" in gateway)).toBe(false);
  const { gateways, route, excludeCidr, selectors } = sidesOf(rest.pools[0]).at(-1)!.pool;
  expect(gateways).toEqual([]);
  expect([route, excludeCidr, selectors.from].map((all) => all.map(formatCidr))).toEqual([
    ["2000::/3"],
    ["2001:db8:1::/48"],
    ["fd00:5::/64"],
  ]);
  expect(rest.pools.map((one) => inFamily(one, 4)?.gateways)).toEqual([["10.0.0.3"], ["10.0.0.4"]]);
  expect(warning!.detail).toEndWith("IPv6 is left out, and packets of IPv6 are rejected");
});

test("which packets are rejected is said where there are others", async () => {
  const config = configOf(closed("a", ["10.0.0.5", "fd00::5"], ["default", "default6"], 'in = ["lan0"]'), BOTH);
  const { warning } = await withoutMissingIpv6(config, failing("no-nexthops"));
  expect(warning!.detail).toEndWith("lead them, but those of pool a are rejected");
});

test("a kill switch of IPv6 that cannot be kept is no start", async () => {
  const [alone, both] = [
    closed("a", "fd00::2", "default6", 'in = ["lan0"]'),
    closed("b", ["10.0.0.3", "fd00::3"], ["default", "default6"]),
  ];
  expect(await reasonOf(configOf(alone, pool("c", "10.0.0.4", "default")), failing("no-nexthops"))).toContain(
    "pool a routes nothing else, and without it its packets would bypass the gateways",
  );
  expect(await reasonOf(configOf(both), failing("no-rules"))).toStartWith("cannot reject IPv6: ");
});

test("IPv6 that is blocked needs rules alone, and none where there is no IPv6", async () => {
  const config = configOf(closed("a", "10.0.0.3", "default", "block-ipv6 = true"));
  const asked: boolean[] = [];
  const check = async (routes: boolean): Promise<void> => void asked.push(routes);
  expect(await withoutMissingIpv6(config, { exists: () => true, check })).toEqual({ config });
  expect(asked).toEqual([false]);
  const { config: rest, warning } = await withoutMissingIpv6(config, failing("no-rules", false));
  expect([handledFamilies(rest), warning]).toEqual([[4], undefined]);
  expect(await reasonOf(config, failing("no-rules"))).toStartWith("cannot reject IPv6: ");
});
